"""Worker 02: tasks come in over HTTP."""
