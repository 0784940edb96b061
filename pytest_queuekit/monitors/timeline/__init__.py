"""Facts that monitors derive from a history: certain facts, and bounds for uncertain ones.

An operation takes effect at one moment between its start and its end. If two answers are possible,
every module here gives the answer that accuses no queue.
"""
