"""The copy-out of the reference queue."""
