"""Backend `autoencoder`: learns how uninfected tissue looks."""
