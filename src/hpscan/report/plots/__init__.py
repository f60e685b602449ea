"""Plots and galleries: values and arrays in, PNG bytes out."""
