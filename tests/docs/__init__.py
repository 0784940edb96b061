"""What the documentation says is run, and compared with what is there."""
