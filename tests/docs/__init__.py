"""The documentation runs, and agrees with the code."""
