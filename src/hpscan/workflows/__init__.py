"""The use cases: plain arguments in, values out, no printing."""
