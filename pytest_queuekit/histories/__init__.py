"""Histories from elsewhere: files in, a history out; and what can be said of it."""
