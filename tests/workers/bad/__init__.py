"""The same five features, each as it must not be: small suites that pass most of their own tests.

A comment in the line names the fault: a code of the checklist, or what the gate says of it.
`tests/workers/test_gate.py` runs each, and lists the criteria that it does not meet.
"""
