"""What several backends compute with."""
