"""Makes the texts that stand twice: sync code from async code, by tokens."""
