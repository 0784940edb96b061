"""Fails if a page of a built site loads a script, a style, an image or a font from elsewhere.

Usage: python .ci/external_resources.py SITE
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

LOADED = ("script", "link", "img", "iframe", "source", "video", "audio", "embed", "object")
"""The elements whose address a browser loads by itself. It loads no `a`."""

_ADDRESS = ("src", "href", "data", "srcset", "poster")
_ELSEWHERE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:url\(|@import)\s*['\"]?\s*((?:https?:)?//[^'\")\s;]+)", re.IGNORECASE)


class _Resources(HTMLParser):
    """Collects the external addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.external: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address of an element that a browser loads."""
        attributes = {name: value or "" for name, value in attrs}
        if tag in LOADED and attributes.get("rel") != "canonical":
            addresses = [attributes.get(name, "") for name in _ADDRESS]
            self.external += filter(_ELSEWHERE.match, addresses)


def external(path: Path) -> list[str]:
    """Return the addresses on other servers that a page or a style sheet loads."""
    text = path.read_text(encoding="utf-8")
    styled = _IN_STYLE.findall(text)
    if path.suffix == ".css":
        return styled
    page = _Resources()
    page.feed(text)
    page.close()
    return [*page.external, *styled]


def problems(site: Path) -> Iterator[str]:
    """Yield a line for each external resource of a site."""
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        for address in external(path):
            yield f"{path.relative_to(site)} loads {address}"


def main(arguments: list[str]) -> int:
    """Print the problems; return 1 if there are any, or if there is no page."""
    site = Path(arguments[0])
    lines = list(problems(site))
    if not any(site.rglob("*.html")):
        lines = [f"{site} has no pages"]
    print("\n".join(lines) or f"{site} loads nothing from other servers")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
