"""`queuekit clean` removes from a server what killed runs have left there."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from pytest_queuekit.adapters.namespaces import fresh_name, made_at
from pytest_queuekit.adapters.postgres import PostgresQueue
from pytest_queuekit.adapters.redis_streams import RedisStreamQueue
from pytest_queuekit.cli import main
from tests.adapters.test_redis_streams import need_server as need_redis
from tests.queue.engines import SERVER
from tests.queue.engines import need_server as need_postgres
from tests.queues.memory import MemoryQueue

Captured = pytest.CaptureFixture[str]
HOUR = 3600


class OnAServer(MemoryQueue):
    """Keeps its queues in a list of names, which stands for a server."""

    name = "on-a-server"
    places: ClassVar[list[str]] = []
    stuck = ""

    @classmethod
    def leftovers(cls) -> Sequence[str]:
        return list(cls.places)

    @classmethod
    def dispose(cls, location: str) -> None:
        if location == cls.stuck:
            raise ConnectionError("no\nanswer")
        cls.places.remove(location)


class Unreachable(OnAServer):
    """Has a server that does not answer."""

    @classmethod
    def leftovers(cls) -> Sequence[str]:
        raise ConnectionError("nobody listens")


def name_of_age(folder: Path, seconds: float) -> str:
    """Return the name of a queue that was made a while ago."""
    os.utime(folder, (time.time() - seconds,) * 2)
    return fresh_name(folder)


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    """Two old queues and a young one on the server."""
    names = [name_of_age(tmp_path, age) for age in (5 * HOUR, 2 * HOUR, 60)]
    OnAServer.places[:] = names
    OnAServer.stuck = ""
    return names


def clean(*options: str, kind: type = OnAServer) -> int:
    """Run the command."""
    return main(["clean", "--impl", f"{__name__}:{kind.__name__}", *options])


def test_old_queues_are_removed(places: list[str], capsys: Captured) -> None:
    """A young one may belong to a run that goes on."""
    assert clean() == 0
    assert OnAServer.places == places[2:]
    assert capsys.readouterr().out == (
        f"removed {places[0]}\nremoved {places[1]}\n"
        "2 queues; 1 younger than 60 minutes left alone\n"
    )


def test_a_dry_run_removes_nothing(places: list[str], capsys: Captured) -> None:
    """It lists what would be removed."""
    assert clean("--dry-run") == 0
    assert OnAServer.places == places
    assert capsys.readouterr().out.startswith(f"would remove {places[0]}\nwould remove")


@pytest.mark.parametrize(
    ("minutes", "left"), [("0", 0), ("90", 1), ("200", 2), ("1000", 3)], ids=str
)
def test_the_age_is_chosen(minutes: str, left: int, places: list[str], capsys: Captured) -> None:
    """With 0, every queue of the kit's goes."""
    assert clean("--older-than", minutes) == 0
    assert OnAServer.places == places[3 - left :]
    if left == 3:
        assert capsys.readouterr().out.startswith("nothing to remove; 3 younger than 1000")


def test_a_queue_that_stays_is_told(places: list[str], capsys: Captured) -> None:
    """The others are removed, and the status is 1."""
    OnAServer.stuck = places[0]
    assert clean("--older-than", "0") == 1
    assert OnAServer.places == places[:1]
    assert f"could not remove {places[0]}: no answer\n" in capsys.readouterr().out


@pytest.mark.parametrize("minutes", ["-1", "nan", "inf", "an hour"])
def test_an_age_that_is_none_is_a_usage_error(minutes: str, capsys: Captured) -> None:
    """Nothing is removed for it."""
    with pytest.raises(SystemExit) as exit_:
        clean(f"--older-than={minutes}")
    assert exit_.value.code == 2
    assert "must be a number of minutes from 0 on" in capsys.readouterr().err


def test_an_adapter_without_a_list_is_a_usage_error(capsys: Captured) -> None:
    """Queues in files go with the folder of their run."""
    assert main(["clean", "--impl", "reference"]) == 2
    assert "--impl reference: the adapter has no leftovers()" in capsys.readouterr().err


def test_a_server_that_does_not_answer_is_one_line(capsys: Captured) -> None:
    """Without a traceback."""
    assert clean(kind=Unreachable) == 2
    assert capsys.readouterr().err.endswith("no list of queues: nobody listens\n")


def test_a_name_has_the_time_of_the_system(tmp_path: Path) -> None:
    """The clock of a run may be set to any time; the folder's is real."""
    assert abs((made_at(fresh_name(tmp_path)) or 0) - time.time()) < HOUR
    assert made_at("queuekit_of_somebody_else") is None


@pytest.mark.server
def test_schemas_of_killed_runs_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL a queue is a schema."""
    need_postgres()
    monkeypatch.setenv("QUEUEKIT_POSTGRES_URL", SERVER)
    os.utime(tmp_path, (2 * 10**9,) * 2)  # younger than what parallel tests may remove
    location = PostgresQueue.provision(tmp_path)
    assert location in PostgresQueue.leftovers()
    PostgresQueue.dispose(location)
    assert location not in PostgresQueue.leftovers()


@pytest.mark.server
def test_keys_of_killed_runs_are_found(tmp_path: Path) -> None:
    """On Redis a queue is a key."""
    need_redis()
    location = RedisStreamQueue.provision(tmp_path)
    RedisStreamQueue(location).close()
    assert location in RedisStreamQueue.leftovers()
    RedisStreamQueue.dispose(location)
    assert location not in RedisStreamQueue.leftovers()
