"""Team 06: the nightly maintenance of the queue."""
