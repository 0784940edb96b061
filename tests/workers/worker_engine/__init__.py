"""Worker 03: tasks are worked off."""
