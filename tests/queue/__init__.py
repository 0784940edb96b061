"""The tests of the reference queue."""
