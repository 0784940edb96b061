"""A separate queue for each test."""

from __future__ import annotations

from tests.queue.conftest import clock, db, engine, path

__all__ = ["clock", "db", "engine", "path"]
