"""The adapters, and the names by which a user reaches them."""
