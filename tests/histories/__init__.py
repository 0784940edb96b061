"""Histories that were recorded elsewhere."""
