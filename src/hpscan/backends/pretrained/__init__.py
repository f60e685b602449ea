"""Pretrained weights: where they are found, and how a checkpoint becomes safetensors."""
