"""Watches what the code under test does to its queue databases; does not import pytest."""
