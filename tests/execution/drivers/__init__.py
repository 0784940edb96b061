"""Each driver, put to queues that are right, slow, hanging and dying."""
