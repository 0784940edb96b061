"""The tests of pytest-queuekit."""
