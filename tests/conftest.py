"""pytest's own plugin for tests of plugins: it may be asked for only here."""

from __future__ import annotations

pytest_plugins = ("pytester",)
