"""What hpscan writes and reads back."""
