"""`python -m pytest_queuekit`."""

from __future__ import annotations

import sys

from pytest_queuekit.cli import main

if __name__ == "__main__":
    sys.exit(main())
