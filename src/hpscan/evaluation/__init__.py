"""Pure functions on arrays: splits, metrics, operating points."""
