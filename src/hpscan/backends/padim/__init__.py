"""Backend `padim`: anomalib's PaDiM, for comparison."""
