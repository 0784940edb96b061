"""Gives the site the pages that live outside docs/; named as a hook in mkdocs.yml."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "pytest_queuekit/queue/README.md": "queue/README.md",
    "pytest_queuekit/queue/QUEUE_API.md": "queue/QUEUE_API.md",
    "pytest_queuekit/queue/SCHEDULING_STRATEGIES.md": "queue/SCHEDULING_STRATEGIES.md",
}
"""Where each is in the source tree, and on the site."""

_LINK = re.compile(r"\]\(([\w./]+\.md)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, with links that fit their new place."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(_moved, text)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let the pages of docs/ find the queue's own, which are one folder up in the source tree."""
    return markdown.replace("](../pytest_queuekit/queue/", "](queue/")


def _moved(link: re.Match[str]) -> str:
    """Point a link from the root of the tree to the same page of the site."""
    target = PAGES.get(link[1], link[1].removeprefix("docs/"))
    return f"]({target})"
