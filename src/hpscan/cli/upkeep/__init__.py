"""`hpscan demo` and `hpscan doctor`."""
