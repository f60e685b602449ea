"""The bundled model and checkpoints of others."""
