"""The processes driver: actors that overlap, are killed, hang and fail, each in a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import ActorError, NotRunError, UsageError
from pytest_queuekit.execution.drivers.actor import Job
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.pause import Pause
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.operation_log import read_log_file
from tests.execution.drivers import programs, queues
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue
from tests.unmeasured import python

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")


def run(
    scenario: Scenario,
    adapter: type[QueueAdapter],
    folder: Path,
    *,
    limit: float = 30.0,
    spec: str = "",
) -> History:
    """Return the history of a run in processes."""
    queue = QueueUnderTest.of(adapter, spec=spec)
    return next(Processes().runs(scenario, queue, folder, Effort(limit=limit))).history


def acting(history: History) -> list[Operation]:
    """Return the operations of programs."""
    return [operation for operation in history if operation.actor.startswith("actor")]


def spans(history: History) -> list[tuple[str, int, int]]:
    """Return the actor, start and end of each delivery."""
    ends = {operation.claim: operation.end for operation in history.by(Verb.COMPLETE)}
    claims = [operation for operation in acting(history) if operation.is_delivery]
    return [
        (operation.actor, operation.start, ends[operation.number] or operation.start)
        for operation in claims
    ]


def test_every_task_is_completed_once(tmp_path: Path) -> None:
    """Script, processes and ending make one history on one clock, without a double delivery."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain), ending=Environment.settle
    )
    history = run(scenario, SmallSqliteQueue, tmp_path)
    claims = [operation for operation in history.by(Verb.CLAIM) if operation.is_delivery]
    assert sorted(str(operation.task) for operation in claims) == sorted(
        f"task-{number}" for number in range(programs.TASKS)
    )
    for complete in history.by(Verb.COMPLETE):
        assert complete.claim is not None
        assert history.operations[complete.claim].task == complete.task
    assert history.drained
    assert history.driver == "processes"


def test_actors_overlap(tmp_path: Path) -> None:
    """Actors start after all have opened the queue, and hold tasks at the same time."""
    work = programs.crew(programs.work, pause=0.005)
    history = run(Scenario(script=programs.stock, programs=work), SmallSqliteQueue, tmp_path)
    opened = [operation.end for operation in acting(history) if operation.verb is Verb.OPEN]
    first = min(operation.start for operation in acting(history) if operation.verb is not Verb.OPEN)
    assert len(opened) == 3
    assert max(end for end in opened if end is not None) <= first
    assert any(
        span[0] != other[0] and span[1] < other[2] and other[1] < span[2]
        for span, other in combinations(spans(history), 2)
    )


def in_turn(
    *crew: Program, folder: Path, adapter: type[QueueAdapter] = SmallSqliteQueue
) -> History:
    """Return the history of programs of which each waits for a fault that strikes another."""
    scenario = Scenario(script=programs.stock, programs=lambda effort: crew)
    queue = QueueUnderTest.of(adapter)
    return next(Processes(in_turn=True).runs(scenario, queue, folder, Effort())).history


def test_a_program_starts_when_a_fault_strikes_the_one_before(tmp_path: Path) -> None:
    """A paused actor still holds its task when the next actor starts."""
    pause = Pause(after=1, seconds=2.0)
    history = in_turn(
        Program(actor="actor-1", function=programs.work_once, faults=(pause,)),
        Program(actor="actor-2", function=programs.work_once),
        folder=tmp_path,
    )
    (_, first, first_end), (_, second, _) = spans(history)
    assert first < second < first_end


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")
def test_a_dead_actor_is_not_reaped_before_the_next_has_ended(tmp_path: Path) -> None:
    """Its process id is still in use while the next actor acts."""
    history = in_turn(
        Program(actor="actor-1", function=programs.tell_pid_and_die),
        Program(actor="actor-2", function=programs.tell_zombies),
        folder=tmp_path,
    )
    pid, *zombies = (str(operation.task) for operation in acting(history) if operation.task)
    assert f"zombie {pid}" in zombies


def test_no_program_starts_after_an_unharmed_actor(tmp_path: Path) -> None:
    """The series of deaths ends with the first actor that survives."""
    history = in_turn(
        Program(actor="actor-1", function=programs.tell_pid_and_die),
        Program(actor="actor-2", function=programs.produce),
        Program(actor="actor-3", function=programs.produce),
        folder=tmp_path,
    )
    actors = {operation.actor for operation in acting(history)}
    assert actors == {"actor-1", "actor-2"}


def test_actors_are_processes(tmp_path: Path) -> None:
    """Each actor has a process of its own, which ends with the run."""
    scenario = Scenario(programs=programs.crew(programs.tell_pid))
    history = run(scenario, SmallSqliteQueue, tmp_path)
    pids = {int(str(operation.task)) for operation in history.by(Verb.ENQUEUE)}
    assert len(pids) == 3
    assert os.getpid() not in pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_killed_actor_does_nothing_more(tmp_path: Path) -> None:
    """The task of a killed actor goes to another when its lease has expired."""
    scenario = Scenario(
        script=programs.stock,
        programs=programs.crew(programs.claim_and_enqueue, faults=programs.KILLED),
        ending=Environment.settle,
        lease=0.5,
    )
    history = run(scenario, SmallSqliteQueue, tmp_path)
    kills = history.by(Verb.KILL)
    assert [(operation.outcome, operation.error) for operation in kills] == [(Outcome.OK, None)] * 3
    assert "after-death" not in {operation.task for operation in history}
    assert len(history.by(Verb.COMPLETE)) == programs.TASKS


@POSIX
def test_a_kill_from_outside_is_recorded(tmp_path: Path) -> None:
    """A SIGKILL without a fault is recorded as a kill, and loses no operation."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.be_killed_from_outside)
    )
    history = run(scenario, SmallSqliteQueue, tmp_path)
    assert [operation.error for operation in history.by(Verb.KILL)] == [None] * 3
    ends = {operation.actor: operation.verb for operation in acting(history)}
    assert list(ends.values()) == [Verb.KILL] * 3
    assert len([operation for operation in acting(history) if operation.is_delivery]) == 3


def test_a_call_that_hangs_is_cut_off(tmp_path: Path) -> None:
    """An actor that hangs is killed at the limit; its call has no end, the kill has the reason."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain, size=2), ending=_count
    )
    history = run(scenario, queues.Hangs, tmp_path, limit=1.5)
    assert {operation.verb for operation in history if operation.end is None} == {Verb.COMPLETE}
    assert {operation.outcome for operation in history.by(Verb.COMPLETE)} == {Outcome.UNKNOWN}
    assert [operation.error for operation in history.by(Verb.KILL)] == ["not done after 1.5 s"] * 2
    assert history.operations[-1].verb is Verb.STATS


def test_an_opening_that_hangs_is_cut_off(tmp_path: Path) -> None:
    """An actor that hangs while opening is killed at the limit."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain, size=2), ending=_count
    )
    history = run(scenario, queues.HangsAtOpening, tmp_path, limit=1.0)
    assert [(operation.verb, operation.end is None) for operation in acting(history)] == [
        (Verb.OPEN, True),
        (Verb.OPEN, True),
        (Verb.KILL, False),
        (Verb.KILL, False),
    ]


def _count(env: Environment) -> None:
    env.actor("stocker").stats()


@POSIX
@pytest.mark.parametrize(
    ("adapter", "cause"), [(queues.Crashes, "SIGSEGV"), (queues.Leaves, "exit status 3")]
)
def test_a_crash_of_the_queue_is_in_the_history(
    adapter: type[QueueAdapter], cause: str, tmp_path: Path
) -> None:
    """If a process ends inside a call, the queue ended it, and the call has the cause."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain, size=2))
    history = run(scenario, adapter, tmp_path)
    broken = history.by(Verb.COMPLETE)
    assert [(operation.end, operation.outcome) for operation in broken] == [
        (None, Outcome.UNKNOWN)
    ] * 2
    assert all(cause in str(operation.error) for operation in broken)
    assert all(cause in str(operation.error) for operation in history.by(Verb.KILL))


def test_sys_exit_in_a_call_is_an_error_of_the_queue(tmp_path: Path) -> None:
    """A queue that calls sys.exit() does not end its actor."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain, size=1))
    history = run(scenario, queues.Exits, tmp_path)
    assert {operation.error for operation in history.by(Verb.COMPLETE)} == {
        "SystemExit: wrong usage"
    }
    assert len(history.by(Verb.COMPLETE)) == programs.TASKS


def test_an_actor_that_cannot_open_the_queue_stays_out(tmp_path: Path) -> None:
    """A failed opening is the only operation of its actor, and no error of the run."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain, size=2))
    history = run(scenario, queues.Shut, tmp_path)
    assert [(operation.verb, operation.error) for operation in acting(history)] == [
        (Verb.OPEN, "PermissionError: one is enough")
    ] * 2


def test_a_queue_may_print_and_read(tmp_path: Path) -> None:
    """The queue's output is not taken for the actor's words, and its input is empty."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain, size=2))
    history = run(Scenario(programs=scenario.programs), queues.Prints, tmp_path)
    assert [operation.ok for operation in acting(history)] == [True] * 4


def test_an_actor_may_have_any_name(tmp_path: Path) -> None:
    """A name that is not a file name works too."""
    named = [Program(actor=name, function=programs.drain) for name in ("a/b", "a:b", "..", "é'")]
    history = run(Scenario(programs=lambda effort: named), SmallSqliteQueue, tmp_path)
    assert {operation.actor for operation in history} == {"a/b", "a:b", "..", "é'"}


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (programs.complain, ["actor='actor-2'", "complain", "LookupError: no such page"]),
        (programs.leave_in_silence, ["exit status 4", "(it printed nothing)"]),
    ],
)
def test_an_error_of_a_program_is_an_actor_error(
    program: Any, message: list[str], tmp_path: Path
) -> None:
    """An error that is not the queue's is raised with the actor's name and its output."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(program))
    with pytest.raises(ActorError) as raised:
        run(scenario, SmallSqliteQueue, tmp_path)
    for part in message:
        assert part in str(raised.value)


def test_a_queue_that_cannot_be_imported_is_an_actor_error(tmp_path: Path) -> None:
    """The message of a process that cannot import the queue is passed on."""
    scenario = Scenario(programs=programs.crew(programs.drain, size=1))
    with pytest.raises(ActorError, match=r"UsageError.*no_such_module"):
        run(scenario, SmallSqliteQueue, tmp_path, spec="no_such_module:Queue")


def _here(_recorder: object) -> None: ...


_here.__module__ = "__main__"


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (Program(actor="ann", function=lambda recorder: None), "top of an importable module"),
        (Program(actor="ann", function=partial(programs.drain)), "top of an importable module"),
        (Program(actor="ann", function=_here), "top of an importable module"),
        (
            Program(actor="ann", function=programs.produce, arguments={"count": {1}}),
            r"actor='ann'.*not JSON",
        ),
    ],
)
def test_a_program_that_cannot_be_sent_is_a_usage_error(
    program: Program, message: str, tmp_path: Path
) -> None:
    """A program that another process cannot import is rejected before any process starts."""
    with pytest.raises(UsageError, match=message):
        run(Scenario(programs=lambda effort: [program]), SmallSqliteQueue, tmp_path)


def test_a_queue_of_the_main_script_is_a_usage_error(tmp_path: Path) -> None:
    """Another process cannot import a class of `__main__`."""

    class Here(SmallSqliteQueue):
        name = "here"

    Here.__module__ = "__main__"
    with pytest.raises(UsageError, match="a module of its own"):
        run(Scenario(programs=programs.crew(programs.drain)), Here, tmp_path)


def test_a_queue_for_one_process_is_not_run(tmp_path: Path) -> None:
    """A queue that is declared for one process is not run in several."""
    with pytest.raises(NotRunError, match="one process"):
        run(Scenario(), MemoryQueue, tmp_path)


QUEUE = """
from pytest_queuekit.execution.drivers.processes import Processes
from tests.queues.small_sqlite import SmallSqliteQueue

class Mine(SmallSqliteQueue):
    name = "mine"

def act(recorder):
    recorder.enqueue("task")
    {action}
"""
RUN = """
import sys, json
from importlib import util
from pathlib import Path
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.queue_under_test import QueueUnderTest

spec = util.spec_from_file_location("my_queue", sys.argv[1])
module = sys.modules["my_queue"] = util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.path.insert(0, "")
folder = Path(sys.argv[2])
folder.mkdir()
scenario = Scenario(programs=lambda effort: [Program(actor="ann", function=module.act)])
runs = Processes().runs(scenario, QueueUnderTest.of(module.Mine), folder, Effort())
history = next(runs).history
print(json.dumps([operation.verb for operation in history]))
"""


def _script(folder: Path, action: str = "pass") -> list[str]:
    """Return a command that runs an actor of a module found by its file alone."""
    (folder / "place").mkdir()
    module = folder / "place" / "mine.py"
    module.write_text(QUEUE.format(action=action))
    return [
        sys.executable,
        "-P",
        "-X",
        "dev",
        "-W",
        "error",
        "-c",
        RUN,
        str(module),
        str(folder / "run"),
    ]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_modules_imported_by_file_are_found(tmp_path: Path) -> None:
    """A queue and a program in a module outside the search path are found by its file.

    The whole run works with warnings as errors, in a folder that holds a module named `queue` and
    without write permission.
    """
    here = tmp_path / "here"
    here.mkdir()
    (here / "queue.py").write_text("raise ImportError('this is not the one')")
    here.chmod(0o555)
    done = subprocess.run(
        _script(tmp_path),
        cwd=here,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == ["open", "enqueue"]


@POSIX
def test_ctrl_c_ends_the_actors(tmp_path: Path) -> None:
    """Ctrl-C ends the processes of all actors."""
    note = tmp_path / "pid"
    action = (
        "import os, pathlib, threading; "
        f"pathlib.Path({str(note)!r}).write_text(f'{{os.getpid()}} '); threading.Event().wait()"
    )
    parent = subprocess.Popen(
        _script(tmp_path, action),
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    pid = _wait_for(note)
    parent.send_signal(signal.SIGINT)
    _, messages = parent.communicate()
    assert b"KeyboardInterrupt" in messages
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _wait_for(note: Path) -> int:
    deadline = time.monotonic() + 60
    while not (note.exists() and note.read_text().endswith(" ")):
        assert time.monotonic() < deadline, "the actor did not start"
        time.sleep(0.01)
    return int(note.read_text())


@pytest.mark.parametrize(
    ("orders", "said"),
    [("", ["started", "failed"]), ("open 0\n", ["started", "ready", "failed"])],
    ids=["before it opens", "before it acts"],
)
def test_an_actor_whose_parent_is_gone_ends(orders: str, said: list[str], tmp_path: Path) -> None:
    """An actor whose parent has ended ends too, and does not touch the queue."""
    log = tmp_path / "ann.jsonl"
    job = Job(
        spec=QueueUnderTest.of(SmallSqliteQueue).spec,
        location=str(tmp_path / "queue.db"),
        actor="ann",
        program="tests.execution.drivers.programs:produce",
        arguments={},
        files={},
        log=str(log),
        first=0,
        epoch=0,
        lease=60.0,
        limit=30.0,
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest_queuekit.execution.drivers.actor"],
        input=job.to_json() + "\n" + orders,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (1, said)
    assert "the run was interrupted" in done.stderr
    assert [operation.verb for operation in read_log_file(log, killed=True)] == [Verb.OPEN] * (
        "ready" in said
    )


def test_an_actor_loads_little() -> None:
    """An actor does not import heavy modules, since each run starts several actors."""
    loaded = set(
        python("import pytest_queuekit.execution.drivers.actor, sys; print(*sys.modules)").split()
    )
    heavy = {"pytest", "hypothesis", "asyncio", "unittest", "ctypes", "email", "sqlite3"}
    assert heavy & loaded == set()
