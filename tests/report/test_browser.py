"""The page of a run in a browser: its script runs, and nothing is reported on the console."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pytest_queuekit.report.formats.html import as_html
from tests.report.test_html import EVERYTHING

_BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=2000",
]

pytestmark = pytest.mark.skipif(_BROWSER is None, reason="chromium is not installed")


def _shown(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Open a page, and return what it became and what the console says."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(_BROWSER), *_FLAGS, profile, "--dump-dom", path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def test_the_filters_appear_where_scripts_run(tmp_path: Path) -> None:
    """They count all rules; the console stays empty."""
    done = _shown(as_html(EVERYTHING), tmp_path)
    assert "11 of 11 rules</output>" in done.stdout
    assert '<form class="filters" aria-label="Filter of the rules">' in done.stdout
    assert "CONSOLE" not in done.stderr


def test_a_filter_hides_rules(tmp_path: Path) -> None:
    """Those of which no queue has a chosen answer, or that do not contain the words."""
    choose = (
        "const form = document.querySelector('.filters');"
        "for (const box of form.querySelectorAll('input[type=checkbox]'))"
        " box.checked = box.value === 'fail';"
        "form.elements.find.value = 'a-2 ONE-WORKER';"
        "form.dispatchEvent(new Event('input'));"
    )
    page = as_html(EVERYTHING).replace("</body>", f"<script>{choose}</script></body>")
    done = _shown(page, tmp_path)
    assert "1 of 11 rules</output>" in done.stdout
    assert "CONSOLE" not in done.stderr
