"""Walks: random programs of everything that a queue declares."""
