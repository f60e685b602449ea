"""Wording: the only place where reasons, notes, accounts, results and thresholds become sentences."""
