"""Adds to the site what is not in docs/; mkdocs.yml names this module as a hook."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pygments.formatters import HtmlFormatter

from pytest_queuekit.cli import rule_pages
from pytest_queuekit.cli.rules import entries
from pytest_queuekit.report import drawing

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

STYLE = "css/site.css"
"""The colours of code blocks and of timelines. The site needs no other server."""

_LAYOUT = """\
.wide { overflow-x: auto; }
.rst-content .wy-table-responsive table :is(td, th) { white-space: normal; padding: 8px; }
"""
"""A drawing scrolls, and the text of a table wraps: the theme would cut it off."""

INDEX = f"{rule_pages.FOLDER}.md"
"""The page that holds all rules in the source tree. On the site, each rule has a page."""

_LINK = re.compile(r"\]\(([\w./-]+\.(?:md|svg))(#[\w-]+)?\)")

_RULE = re.compile(rf"^\| ({'|'.join(entry.id for entry in entries())}) \|", re.MULTILINE)
"""A row of a table that begins with the id of a rule."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages with links that fit their place on the site, and the style sheet."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(_moved, text)))
    for name, text in rule_pages.pages(list(entries())):
        files.append(File.generated(config, f"{rule_pages.FOLDER}/{name}", content=text))
    files.append(File.generated(config, STYLE, content=_style()))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Let a page fit the site: links to the queue's pages, and links to the rules' pages."""
    if page.file.src_uri == INDEX:
        return markdown.partition("\n## ")[0] + "\n" + rule_pages.index(list(entries()))
    markdown = _RULE.sub(rf"| [\1]({rule_pages.FOLDER}/\1.md) |", markdown)
    # The source has them a folder up.
    return markdown.replace("](../pytest_queuekit/queue/", "](queue/")


def _style() -> str:
    light = drawing.palette().partition("@media")[0]  # the theme has no dark colours
    code = HtmlFormatter().get_style_defs(".codehilite")
    return f"{code}\n{light}{drawing.style()}{_LAYOUT}"


def _moved(link: re.Match[str]) -> str:
    """Return a link from the root of the source tree as a link to the same page of the site."""
    target = PAGES.get(link[1], link[1].removeprefix("docs/"))
    return f"]({target}{link[2] or ''})"
