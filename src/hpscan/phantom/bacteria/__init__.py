"""Synthetic rods, and where they lie."""
