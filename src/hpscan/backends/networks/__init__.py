"""The torch modules that backends load when they are used."""
