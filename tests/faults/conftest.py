"""A separate queue for each test."""

from __future__ import annotations

from tests.queue.conftest import clock, db, path

__all__ = ["clock", "db", "path"]
