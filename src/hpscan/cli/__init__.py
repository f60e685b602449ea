"""The command line: signatures, tables, progress bars, and where errors become text."""
