"""What is brown or dark and no bacterium."""
