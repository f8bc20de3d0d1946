"""Everything of a tenant, or what is named of it, removed."""
