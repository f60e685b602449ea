"""`hpscan benchmark`."""
