"""`hpscan weights`."""
