"""Facts that monitors derive from a history: what is certain, and bounds for the rest.

An operation takes effect at one moment between its start and its end. Where that leaves two
answers, every module here gives the answer that accuses no queue.
"""
