"""Collections: created, verified, described, dropped."""
