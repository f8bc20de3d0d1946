"""What builds pgrecall and its thin packages, and tries them where nothing else is installed."""
