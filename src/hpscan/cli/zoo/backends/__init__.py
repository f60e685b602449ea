"""`hpscan backends`."""
