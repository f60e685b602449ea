"""What hpscan knows of image files themselves, one module a format: which bytes make the picture, and what they say of its colours."""
