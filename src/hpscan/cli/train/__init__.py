"""`hpscan train`."""
