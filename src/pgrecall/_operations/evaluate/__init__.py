"""Evaluate searches by questions whose answers are known."""
