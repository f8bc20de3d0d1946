"""A question asked in three ways: what the address asks, the answers, why, and the call for it."""
