"""How a server is reached: DSNs, settings, replicas, and what a failure means."""
