"""Image files -> batches of pixels, their digests and their quality."""
