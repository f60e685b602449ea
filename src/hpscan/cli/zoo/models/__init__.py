"""`hpscan models`."""
