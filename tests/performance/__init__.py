"""The targets, and their measurement."""
