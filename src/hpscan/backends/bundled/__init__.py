"""Backend `bundled`: the network that ships with hpscan."""
