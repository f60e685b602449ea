"""`hpscan diagnose`."""
