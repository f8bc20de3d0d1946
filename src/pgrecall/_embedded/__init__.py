"""What pgrecall.embedded is made of."""
