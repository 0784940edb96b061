"""Worker 05: how the queue stands."""
