"""How good a stored model is on patients that it has not seen."""
