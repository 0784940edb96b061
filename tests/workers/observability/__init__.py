"""Team 05: the figures of the queue."""
