"""Runs scenarios: the environment, the clock, and the drivers that interleave actors."""
