"""Wording: the only place where reasons, notes, accounts and thresholds become sentences."""
