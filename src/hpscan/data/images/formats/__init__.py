"""What the image formats keep beside pixels, format by format."""
