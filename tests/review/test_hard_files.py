"""Extreme files: the review ends soon, and raises no exception."""

from __future__ import annotations

import pytest

from tests.review.findings import codes, findings

pytestmark = pytest.mark.timeout(30)  # the review takes a second or two unless it runs in circles

HEAD = "from pytest_queuekit.queue import QueueDatabase\n"
DELETE = "execute('DELETE FROM task_queue')"
CALLS = "".join(f"    f{other}(conn)\n" for other in range(20))
RETURNS = "".join(f"    return f{other}(conn)\n" for other in range(20))


def _named(number: int, body: str) -> str:
    return f"def f{number}(conn):\n{body}"


HARD = {
    "a sum of thousands": f"c.execute({' + '.join(['x'] * 2500)})",
    "a text made of itself": "s = f'SELECT {s}{s}{s}{s}{s}'\nc.execute(s)",
    "texts doubled again and again": "a0 = 'SELECT 1 '\n"
    + "".join(
        f"a{number} = a{number - 1} + a{number - 1} * 2 + a{number - 1}\n"
        for number in range(1, 40)
    )
    + "".join(
        f"b{number} = f'{{a{number}}}{{a{number}}}{{a{number}}}{{a{number}}}'\n"
        for number in range(40)
    )
    + "c.execute(b39)",
    "functions that all call each other": HEAD
    + "".join(_named(number, f"{CALLS}    conn.{DELETE}\n") for number in range(20))
    + "def g(db):\n    with db.transaction() as conn:\n        f0(conn)\n",
    "functions that all return each other": HEAD
    + "".join(_named(number, RETURNS) for number in range(20))
    + f"f0(1).{DELETE}",
    "names for each other": HEAD + "a = b\nb = a\n" * 30 + f"a.{DELETE}",
    "constants of each other": "a = b if x else b\nb = a if x else a\n"
    "c.execute(f\"SELECT id FROM t WHERE x = '{a}'\")",
    "a pattern filled from a dictionary": "c.execute('SELECT {a} {b}'.format(**t))",
    "many holes": f'c.execute(f"SELECT {"{a}" * 3000}")',
    "many parameters": f"c.execute('SELECT id FROM task_queue WHERE id IN ({'?,' * 30_000}?)')",
    "one long word": f"c.execute('{'a' * 100_000}')",
    "many statements": f"{HEAD}def f(db):\n  with db.connection() as c:\n"
    + "".join(
        f"    c.execute('SELECT id FROM task_queue WHERE id={number}').fetchone()\n"
        f"    c.execute('UPDATE task_queue SET status=1 WHERE id=?', (x{number},))\n"
        for number in range(300)
    ),
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD.keys())
def test_the_review_ends(text: str) -> None:
    """Every name and every call is followed once."""
    assert not {"QR001", "QR004"} & set(codes(text))


def test_code_that_is_nested_too_deeply_is_a_finding() -> None:
    """The file counts as number that cannot be read."""
    text = f"c.execute(f\"SELECT id FROM t WHERE x = '{{{'a' + '.b()' * 900}}}'\")"
    assert codes(text) == ["QR001"]


def test_a_long_sum_is_read() -> None:
    """SQL that is added up line by line has many parts."""
    parts = " + ".join(["'SELECT id '", *["'-- more\\n'"] * 900, '"FROM t WHERE a = \'"', "x"])
    assert codes(f'def f(c, x):\n    c.execute({parts} + "\'")') == ["QR105"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM task_queue WHERE type = 'qk_hole_5_'",
        "SELECT id FROM task_queue WHERE created_at_utc > :qk_parameter_x AND id = 1",
        "SELECT id FROM task_queue WHERE created_at_utc > ?0 AND id = 1",
        "SELECT id FROM task_queue WHERE created_at_utc > ?99999999999999999999 AND id = 1",
        "SELECT id FROM task_queue WHERE id = '\\ud800'",
        "SELECT id FROM task_queue WHERE id = '\\0'",
        "SELECT id FROM task_queue WHERE id = 1; ;",
        "SELECT '{",
        "UPDATE task_queue SET (a, b) = (1, 2) WHERE id = ?",
    ],
)
def test_odd_sql_raises_no_exception(sql: str) -> None:
    """The review only reads the text."""
    text = f'{HEAD}def f(c, a):\n    c.execute("{sql}", (a,))'
    assert not {"QR001", "QR004"} & set(codes(text))


def test_a_connection_is_followed_through_many_functions() -> None:
    """The chain has 15 calls between the connection and the write."""
    chain = "".join(_named(number, f"    f{number + 1}(conn)\n") for number in range(15))
    text = f"{HEAD}{chain}def f15(conn):\n    conn.{DELETE}\n"
    text += "def g(db):\n    with db.connection() as conn:\n        f0(conn)\n"
    assert [code for code, _ in findings(text)] == ["QR102"]
