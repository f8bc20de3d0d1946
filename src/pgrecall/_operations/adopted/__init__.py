"""Tables that somebody else made: adopting them, and what is so of them."""
