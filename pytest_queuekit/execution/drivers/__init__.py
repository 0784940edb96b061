"""Drivers: each module interleaves the actors of a scenario in one way."""
