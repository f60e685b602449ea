"""Backend `cnn`: a timm network that learns the labelled patches."""
