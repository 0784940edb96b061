"""Drivers: the ways in which a scenario's actors are interleaved, one a module."""
