"""What the third analysis has beside the second one's words: marks of how well a text has them."""
