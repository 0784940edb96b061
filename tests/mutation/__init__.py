"""Mutation of the reference queue: one small change of its code at a time, judged by the kit alone.

`python -m tests.mutation` draws a sample of the changes, runs `pytest --queue-validate` on each,
and prints the share that the kit noticed, with each change that it did not. Not part of the suite.
"""
