"""Models, backends and pretrained weights."""
