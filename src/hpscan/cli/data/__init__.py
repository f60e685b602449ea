"""`hpscan data`."""
