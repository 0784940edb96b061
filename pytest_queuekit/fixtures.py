"""Fixtures for the tests of a team that builds on the reference queue.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations
