"""The parts of validation.py: one module for each check, and the database to check."""
