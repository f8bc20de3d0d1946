"""Threads of agents: their checkpoints, and what these stand on."""
