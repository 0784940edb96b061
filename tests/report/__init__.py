"""The content of the reports."""
