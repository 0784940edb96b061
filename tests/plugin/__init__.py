"""The plugin, seen through pytest runs of its own."""
