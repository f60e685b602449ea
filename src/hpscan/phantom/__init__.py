"""Synthetic patches with known bacteria: arrays in and out, no files."""
