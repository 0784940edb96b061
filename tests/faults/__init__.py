"""The attack on the reference queue: faults at every point, and a check that nothing is lost.

`python -m tests.faults` runs it in full; the tests of this folder run a sample of each kind.
"""
