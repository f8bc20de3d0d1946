"""What a tenant has, to be removed."""
