"""What people look at: values and arrays in, text or image bytes out."""
