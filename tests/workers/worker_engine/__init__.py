"""Team 03: an engine that works on tasks."""
