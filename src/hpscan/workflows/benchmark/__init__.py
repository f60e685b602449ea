"""Backends compared on the same folds."""
