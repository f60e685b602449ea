"""The tissue of a synthetic patch: epithelium, mucus, nuclei."""
