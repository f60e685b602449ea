"""Datasets looked over, explained and synthesised."""
