"""`hpscan explain`."""
