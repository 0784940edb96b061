"""Tests of the environment, the clocks and the drivers."""
