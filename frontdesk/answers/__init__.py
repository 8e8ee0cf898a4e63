"""What the desk may say to a customer. This package is the guarantee: no model's words pass it unchecked."""
