"""Team 02: tasks over HTTP."""
