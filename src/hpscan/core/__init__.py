"""Plain values and protocols: what every other layer speaks about. No I/O, numpy and pydantic only."""
