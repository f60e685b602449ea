"""Images to scores. Backends know no paths, thresholds, patients' results or terminal."""
