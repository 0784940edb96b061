"""Tests of the recorder and the operation log."""
