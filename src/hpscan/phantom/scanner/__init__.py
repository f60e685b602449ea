"""What a scanner does to a patch: optics, colour, compression."""
