"""From the runs of a benchmark to its results: decisions, metrics, comparisons, tables and plots."""
