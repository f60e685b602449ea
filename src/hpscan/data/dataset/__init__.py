"""From a folder to a dataset: its layout, what its tables say of it, and what there is to note."""
