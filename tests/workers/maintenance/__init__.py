"""Worker 06: the queue is kept small, whole and copied."""
