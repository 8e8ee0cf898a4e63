"""The gateway: the only part of the desk that other machines may reach."""
