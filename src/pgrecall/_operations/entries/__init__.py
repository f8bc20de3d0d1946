"""Values under keys for agents and frameworks, and records of what was indexed."""
