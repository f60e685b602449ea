"""Backend `patchcore`: anomalib's PatchCore, for comparison."""
