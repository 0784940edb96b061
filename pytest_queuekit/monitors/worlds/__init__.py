"""Worlds: all states in which the contract allows a queue to be, call by call.

A world is one possible state of the queue: the state of each task, and the habits that the queue
has shown where the contract is silent, such as that an expired lease counts as a failure. A call
and its answer turn each world into its successors. If no world explains an answer, the queue broke
its contract, or its habits contradict each other.

The calls must follow each other without overlap.
"""
