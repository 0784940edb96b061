"""QR0: findings about a file or a suppression, besides the checklist."""

from __future__ import annotations

from pytest_queuekit.review.code import Code

UNREADABLE = Code(
    id="QR001",
    title="File cannot be read",
    sentence="Every file can be read and parsed, and every folder can be listed.",
    why="The review knows nothing about code that it cannot read.",
)
UNUSED = Code(
    id="QR002",
    title="Suppression without effect",
    sentence="Every suppression matches a finding on its line.",
    why="An unused suppression hides the next fault in that line.",
)
UNCLEAR = Code(
    id="QR003",
    title="Suppression without a known code or without a reason",
    sentence="A suppression names at least one code, only known codes, and gives a reason.",
    why="An unknown code suppresses nothing, and a reader cannot judge a suppression without a "
    "reason.",
)
UNCHECKED = Code(
    id="QR004",
    title="The review could not check this file",
    sentence="Every check runs to its end.",
    why="A check that raised an exception has not checked the file. This is a bug in the review: "
    "please report it.",
)
