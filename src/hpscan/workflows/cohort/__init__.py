"""Which patients there are, what lies around them, and what a model has seen of them."""
