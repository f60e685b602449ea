"""`hpscan evaluate`."""
