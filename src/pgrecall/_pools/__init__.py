"""Connections: who holds one, who waits, and what becomes of it however a call ends."""
