"""From a dataset to a stored model with its operating point."""
