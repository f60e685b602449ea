"""The one rule that says whose an image is."""
