"""Adapters of further queue libraries from PyPI, for docs/findings.md and as examples.

One library is one module. Each class declares what the documentation of its library promises.
"""
