"""Tables that somebody else made, as the collections that were adopted from them."""
