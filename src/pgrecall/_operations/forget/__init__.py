"""Forget: remove what a tenant has, all or what is named."""
