"""From a stored model and patches to scores and heatmaps."""
