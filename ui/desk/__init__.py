"""What customers, agents and pages do with conversations."""
