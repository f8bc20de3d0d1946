"""What the store does, once, for both APIs: generators that yield work and receive rows."""
