"""What maintenance asks: its turn, and what it builds and sweeps."""
