"""Backend `redness`: a rule on colour, learns nothing."""
