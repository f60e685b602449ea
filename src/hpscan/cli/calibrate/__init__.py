"""`hpscan calibrate`."""
