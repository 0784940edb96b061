"""The check of the built site finds what a page loads from other servers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

STYLE = "https://cdn.example/style.css"


def _check(site: Path, **files: str) -> subprocess.CompletedProcess[str]:
    for name, content in files.items():
        (site / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "external_resources.py"), str(site)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "html",
    [
        f'<link rel="stylesheet" href="{STYLE}">',
        '<script src="//cdn.example/script.js"></script>',
        '<p>text<img alt="" src="https://cdn.example/badge.svg"></p>',
        f"<style>@import '{STYLE}';</style>",
    ],
    ids=["link", "script", "image", "style"],
)
def test_a_resource_of_another_server_is_found(html: str, tmp_path: Path) -> None:
    """The check names the page and the address, and fails."""
    done = _check(tmp_path, page_html=html)
    assert done.returncode == 1
    assert done.stdout.startswith("page.html loads ")
    assert "//cdn.example/" in done.stdout


def test_a_font_in_a_style_sheet_is_found(tmp_path: Path) -> None:
    """Style sheets load as well."""
    font = "@font-face { src: url( 'https://cdn.example/a.woff' ) }"
    done = _check(tmp_path, page_html="<p>text</p>", style_css=font)
    assert done.returncode == 1
    assert done.stdout == "style.css loads https://cdn.example/a.woff\n"


def test_links_and_own_resources_are_fine(tmp_path: Path) -> None:
    """A browser loads no link before the reader follows it."""
    html = (
        '<a href="https://example.org">x</a><script src="../js/a.js"></script>'
        '<link rel="canonical" href="https://example.org/page">'
        "<script>// https://example.org</script><code>https://example.org/a.css</code>"
    )
    done = _check(tmp_path, page_html=html, style_css="a { background: url(img/a.png) }")
    assert done.returncode == 0


def test_a_site_without_pages_fails(tmp_path: Path) -> None:
    """A wrong path does not pass."""
    assert _check(tmp_path).returncode == 1
