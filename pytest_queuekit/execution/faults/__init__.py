"""Faults: what can happen to the world around an actor, one a module."""
