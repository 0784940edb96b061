"""Each driver with queues that are correct, slow, hanging and dying."""
