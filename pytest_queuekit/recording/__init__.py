"""Turns calls on an adapter into the operations of a history."""
