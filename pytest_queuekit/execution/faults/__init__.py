"""Faults: the events that can happen to the world around an actor, one in each module."""
