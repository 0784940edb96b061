"""The shape of the source: layers, sizes, names."""
