"""What every framework's adapter stands on: a pair of stores, and a collection of theirs."""
