"""The same five features with deliberate faults: small suites that pass most of their own tests.

A comment in the line names each fault: a code of the checklist, or the words of the gate.
`tests/workers/test_gate.py` runs each suite, and lists the criteria that it does not meet.
"""
