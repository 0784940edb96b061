"""Adds to the site what is not in docs/; mkdocs.yml names this module as a hook."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "pytest_queuekit/queue/README.md": "queue/README.md",
    "pytest_queuekit/queue/QUEUE_API.md": "queue/QUEUE_API.md",
    "pytest_queuekit/queue/SCHEDULING_STRATEGIES.md": "queue/SCHEDULING_STRATEGIES.md",
}
"""The pages outside docs/: the path in the source tree, and the path on the site."""

HIGHLIGHT = "css/highlight.css"
"""The colours of code blocks. The site has them itself, and needs no other server."""

_LINK = re.compile(r"\]\(([\w./-]+\.md)(#[\w-]+)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages with links that fit their place on the site, and the style sheet."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(_moved, text)))
    style = HtmlFormatter().get_style_defs(".codehilite")
    files.append(File.generated(config, HIGHLIGHT, content=f"{style}\n"))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let links from docs/ to the queue's pages fit the site: the source has them a folder up."""
    return markdown.replace("](../pytest_queuekit/queue/", "](queue/")


def _moved(link: re.Match[str]) -> str:
    """Return a link from the root of the source tree as a link to the same page of the site."""
    target = PAGES.get(link[1], link[1].removeprefix("docs/"))
    return f"]({target}{link[2] or ''})"
