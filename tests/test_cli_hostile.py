"""No command answers a file that it cannot use by a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.cli import main
from pytest_queuekit.model.history import History, Verb
from pytest_queuekit.model.verdict import RuleRun, Violation
from pytest_queuekit.report import kept
from pytest_queuekit.report.formats.json import as_json
from tests.histories.files import ENQUEUE, HEAD, call
from tests.report.build import absent, broken, operation, run, speed

Captured = pytest.CaptureFixture[str]

HUGE = int("1" + "0" * 400)
DEEP = b"[" * 100_000
CONTRACT = 'liveness = "lease"\nlease_seconds = 30\n'
COLUMNS = "actor,verb,task,start,end"
FIELDS = "[fields]\n" + "".join(f'{name} = "{name}"\n' for name in COLUMNS.split(","))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are in the current folder, beside a contract."""
    monkeypatch.chdir(tmp_path)
    Path("contract.toml").write_text(CONTRACT, encoding="utf-8")


def _told(capsys: Captured, *arguments: str) -> str:
    """Return the one line on stderr of a command that ends in a usage error."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    [line] = printed.err.splitlines()
    return line


def _lines(*objects: Any) -> bytes:
    return "".join(f"{json.dumps(each)}\n" for each in objects).encode()


HISTORIES = {
    "deep": (_lines(HEAD) + DEEP + b"\n", "h, line 2: no JSON: maximum recursion depth exceeded"),
    "deep head": (DEEP + b"\n", "h, line 1: no JSON: maximum recursion depth exceeded"),
    "latin-1": (
        _lines(HEAD, ENQUEUE) + '{"actor": "caf\xe9"}\n'.encode("latin-1"),
        "h, line 3: this is not UTF-8: ",
    ),
    "binary": (bytes(range(128, 256)), "h, line 1: this is not UTF-8: "),
    "endless time": (
        _lines(HEAD, call("a", "claim", None, 1e308)),
        "h, line 2: start: 1e+308 is no time",
    ),
    "huge lease": (
        _lines(HEAD, {**ENQUEUE, "arguments": {"lease": HUGE}}),
        "h, line 2: arguments: lease=1000",
    ),
    "huge lease of the head": (_lines({**HEAD, "lease": HUGE}), "h, line 1: lease=1000"),
    "endless tolerance": (_lines({**HEAD, "tolerance": 1e308}), "h, line 1: tolerance=1e+308 "),
}


@pytest.mark.parametrize("case", HISTORIES)
def test_a_history_that_cannot_be_read_is_a_usage_error(capsys: Captured, case: str) -> None:
    """With its file, its line and the reason."""
    content, expected = HISTORIES[case]
    Path("h").write_bytes(content)
    told = _told(capsys, "check", "h", "--contract", "contract.toml")
    assert told.startswith(f"queuekit: error: {expected}")


LOGS = {
    "latin-1": (
        "log.csv",
        f"{COLUMNS}\na,claim,caf\xe9,1,2\n".encode("latin-1"),
        "",
        "line 2: this",
    ),
    "latin-1 columns": (
        "log.csv",
        "caf\xe9,verb\n".encode("latin-1"),
        "",
        "line 1: this is not UTF",
    ),
    "latin-1 lines": (
        "log",
        '{}\n{"verb": "caf\xe9"}\n'.encode("latin-1"),
        "",
        "line 2: this is not",
    ),
    "long field": (
        "log.csv",
        f"{COLUMNS}\na,claim,{'x' * 200_000},1,2\n".encode(),
        "",
        "line 2: no CSV: field larger than field limit",
    ),
    "verb is a list": (
        "log",
        b'{"actor": "a", "verb": [], "start": 1}\n',
        "",
        "line 1: verb=[] is",
    ),
    "endless time": (
        "log.csv",
        f"{COLUMNS}\na,claim,t,1e308,1e308\n".encode(),
        "",
        "line 2: start",
    ),
    "time is no text": (
        "log",
        b'{"actor": "a", "verb": "claim", "start": 5}\n',
        'zone = "Z"\nhead = { clock = "iso" }\n',
        "line 1: start: 5 is no time: the head says clock='iso'",
    ),
    "time is another text": (
        "log",
        b'{"actor": "a", "verb": "claim", "start": "noon"}\n',
        'zone = "Z"\nhead = { clock = "iso" }\n',
        "line 1: start: 'noon' is no time: the head says clock='iso'",
    ),
    "begin without a time": (
        "log",
        b'{"actor": "a", "verb": "claim", "id": 1, "phase": "b"}\n'
        b'{"actor": "a", "verb": "claim", "id": 1, "phase": "e"}\n',
        'pair = { id = "id", event = "phase", begin = "b", end = "e" }\n',
        "line 2: the call has no start",
    ),
}


@pytest.mark.parametrize("case", LOGS)
def test_a_log_that_cannot_be_read_is_a_usage_error(capsys: Captured, case: str) -> None:
    """With its file, its line and the reason."""
    name, content, words, expected = LOGS[case]
    Path(name).write_bytes(content)
    Path("map.toml").write_text(words + FIELDS, encoding="utf-8")
    told = _told(capsys, "check", name, "--map", "map.toml", "--contract", "contract.toml")
    assert told.startswith(f"queuekit: error: {name}, {expected}")


def test_a_csv_may_have_a_byte_order_mark(capsys: Captured) -> None:
    """Spreadsheets write one."""
    Path("log.csv").write_text(f"{COLUMNS}\na,claim,t,1,2\n", encoding="utf-8-sig")
    Path("map.toml").write_text(FIELDS, encoding="utf-8")
    assert main(["check", "log.csv", "--map", "map.toml", "--contract", "contract.toml"]) == 0
    assert "No violation in 1 call on 1 task." in capsys.readouterr().out


MAPPINGS = {
    "ignore = 5": "ignore=5 must be a list of words",
    "ignore = [[1]]": "ignore=[[1]] must be a list of words",
    'delimiter = ""': "delimiter='' must be one character",
    "delimiter = 5": "delimiter=5 must be one character",
    "zone = 5": "zone=5 must be a text",
    "fields = { actor = 3, verb = 'v', start = 's' }": "fields: actor=3 must be the name of a",
    'pair = { id = 5, event = "e", begin = "b", end = "e" }': "pair: id=5 must be the name of a",
    "[": "Invalid",
    "\udcff": "'utf-8' codec can't decode",
}


@pytest.mark.parametrize("words", MAPPINGS)
def test_a_wrong_mapping_is_a_usage_error(capsys: Captured, words: str) -> None:
    """With its file and the word."""
    fields = "" if words.startswith("fields") else FIELDS
    Path("map.toml").write_text(f"{words}\n{fields}", encoding="utf-8", errors="surrogateescape")
    told = _told(capsys, "check", "log", "--map", "map.toml", "--contract", "contract.toml")
    assert told.startswith(f"queuekit: error: map.toml: {MAPPINGS[words]}")


CONTRACTS = {
    "order = { x = 1 }": "Order: x=1 is unknown; it takes priority, ties, redelivery, res",
    "retry = {}": "retry needs max_attempts",
    "retry = { max_attempts = 3, jitter = [] }": "Retry: jitter=[] must be a share from 0 to 1",
    "retry = { max_attempts = 3, factor = [] }": "Retry: factor=[] must be a finite number from 0",
    f"lease_seconds = 1{'0' * 400}": "lease_seconds=1000",
}


@pytest.mark.parametrize("words", CONTRACTS, ids=lambda words: words[:40])
def test_a_wrong_contract_is_a_usage_error(capsys: Captured, words: str) -> None:
    """With its file and the word."""
    Path("contract.toml").write_text(words, encoding="utf-8")
    told = _told(capsys, "check", "h", "--contract", "contract.toml")
    assert told.startswith(f"queuekit: error: contract.toml: {CONTRACTS[words]}")


def test_a_contract_that_is_nested_too_deeply_is_a_usage_error(capsys: Captured) -> None:
    """As any file that is no JSON."""
    Path("deep.json").write_bytes(DEEP)
    told = _told(capsys, "check", "h", "--contract", "deep.json")
    assert told.startswith("queuekit: error: deep.json: maximum recursion depth exceeded")


def _failure() -> RuleRun:
    history = History.of(operation(Verb.CLAIM, at, actor=f"w{at}", task="t") for at in range(3))
    proof = Violation(
        kind="twice",
        title="Task delivered twice",
        detail="Two calls.",
        witness=history.operations[:2],
        declared=("liveness=LEASE",),
    )
    return RuleRun(driver="sequence", violations=(proof,), history=history, replay="pytest x")


REPORT = json.loads(as_json(run(broken("A-2", detail=_failure()), absent("A-3"), speed(value=1))))
VALUES: tuple[Any, ...] = (None, 1e999, "x", [1], {"a": [1]})


def _places(data: Any) -> list[tuple[str | int, ...]]:
    """Return the place of each value in a report; of alike ones in lists, the last."""
    alike = {tuple(key for key in place if type(key) is str): place for place in _all(data)}
    return list(alike.values())


def _all(data: Any, *place: str | int) -> Iterator[tuple[str | int, ...]]:
    if place:
        yield place
    entries = data.items() if isinstance(data, dict) else ()
    for key, value in enumerate(data) if isinstance(data, list) else entries:
        yield from _all(value, *place, key)


def _changed(data: Any, place: tuple[str | int, ...], value: Any) -> str:
    changed = deepcopy(data)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return json.dumps(changed)


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "new.json", "--rules"),
        ("report", "new.json", "--format", "badge"),
        ("compare", "old.json", "new.json"),
    ],
    ids=" ".join,
)
def test_a_changed_report_is_used_or_refused(capsys: Captured, arguments: tuple[str, ...]) -> None:
    """Whatever value stands at whatever place."""
    Path("old.json").write_text(json.dumps(REPORT), encoding="utf-8")
    for place in _places(REPORT):
        for value in VALUES:
            Path("new.json").write_text(_changed(REPORT, place, value), encoding="utf-8")
            assert main(arguments) in (0, 1, 2), (place, value, capsys.readouterr().err)
    assert "Traceback" not in capsys.readouterr().err


def test_a_changed_report_is_refused_before_a_page_is_made(capsys: Captured) -> None:
    """The file and the place are named."""
    Path("new.json").write_text(_changed(REPORT, ("seconds",), "x"), encoding="utf-8")
    told = _told(capsys, "report", "new.json", "--format", "html")
    assert told == (
        "queuekit: error: new.json: the report is incomplete or was changed: "
        "ValueError: RunResult.seconds='x' is no float"
    )


def test_a_value_that_fills_pages_is_cut(capsys: Captured) -> None:
    """The error stays a line that a reader can use."""
    Path("new.json").write_text(_changed(REPORT, ("verdicts", 0, "status"), HUGE), encoding="utf-8")
    assert len(_told(capsys, "report", "new.json")) < 300


REPORTS = {
    "deep": (DEEP, "this is not JSON: maximum recursion depth exceeded"),
    "binary": (bytes(range(256)), "this is not JSON: 'utf-8' codec can't decode"),
    "empty": (b"", "this is not JSON: "),
    "cut off": (json.dumps(REPORT).encode()[:500], "this is not JSON: "),
}


@pytest.mark.parametrize("arguments", [("report",), ("compare", "x")], ids=" ".join)
@pytest.mark.parametrize("case", REPORTS)
def test_a_file_that_is_no_report_is_a_usage_error(
    capsys: Captured, case: str, arguments: tuple[str, ...]
) -> None:
    """With the reason, for each command that reads one."""
    content, expected = REPORTS[case]
    Path("x").write_bytes(content)
    told = _told(capsys, *arguments, "x")
    assert told.startswith(f"queuekit: error: x: {expected}")


@pytest.fixture
def failure() -> Path:
    """A failure that is kept."""
    folder, detail = Path(".queuekit"), _failure()
    detail = kept.named(broken("A-2", detail=detail), detail)
    kept.keep(run(broken("A-2", detail=detail)), detail, folder, most=9)
    return folder / f"{detail.kept}.json"


SHOWN = (["show"], ["show", "A-2", "--all", "--timeline"], ["show", "A-2", "--json"])


def test_a_kept_failure_that_was_changed_is_shown_or_refused(
    capsys: Captured, failure: Path
) -> None:
    """Whatever value stands at whatever place of its report."""
    data = json.loads(failure.read_text(encoding="utf-8"))
    for place in _places(data):
        for value in VALUES:
            failure.write_text(_changed(data, place, value), encoding="utf-8")
            for arguments in SHOWN:
                assert main(arguments) in (0, 2), (place, value, capsys.readouterr().err)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("line", [0, 1])
def test_a_kept_history_that_was_changed_is_shown_or_refused(
    capsys: Captured, failure: Path, line: int
) -> None:
    """Whatever value stands in its head, or in a call."""
    path = failure.with_suffix(".jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    data = json.loads(lines[line])
    for place in _places(data):
        for value in VALUES:
            changed = [*lines[:line], _changed(data, place, value), *lines[line + 1 :]]
            path.write_text("\n".join(changed) + "\n", encoding="utf-8")
            for arguments in SHOWN:
                assert main(arguments) in (0, 2), (place, value, capsys.readouterr().err)
    path.write_bytes(DEEP)
    assert main(SHOWN[0]) == 0
    assert main(SHOWN[1]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_kept_failure_may_be_no_file(capsys: Captured, failure: Path) -> None:
    """A link to itself, a link to nothing, a folder."""
    failure.with_name("loop.json").symlink_to("loop.json")
    failure.with_name("none.json").symlink_to("nothing.json")
    failure.with_name("folder.json").mkdir()
    assert main(["show"]) == 0
    printed = capsys.readouterr()
    assert (printed.out.count("Task delivered twice"), printed.err) == (1, "")


def test_a_page_is_written_with_any_text(failure: Path) -> None:
    """A lone surrogate, which UTF-8 lacks, becomes an escape."""
    data = json.loads(failure.read_text(encoding="utf-8"))
    title = ("verdicts", 0, "detail", "violations", 0, "title")
    failure.write_text(_changed(data, title, "\ud800 title"), encoding="utf-8")
    assert main(["show", "A-2", "--html", "page.html"]) == 0
    assert "\\ud800 title" in Path("page.html").read_text(encoding="utf-8")


def test_a_manifest_that_is_nested_too_deeply_is_as_good_as_none(capsys: Captured) -> None:
    """Every file of the copy counts as known, since each is equal to its original."""
    assert main(["vendor", "copy"]) == 0
    Path("copy/VENDORED.json").write_bytes(DEEP)
    assert main(["vendor", "copy", "--check"]) == 1
    assert "Traceback" not in capsys.readouterr().err
