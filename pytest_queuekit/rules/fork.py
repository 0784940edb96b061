"""FORK: a process that forks with an open instance loses nothing."""

from __future__ import annotations

from collections.abc import Callable

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules import fork_programs
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import BRIEF


def _rule(number: int, slug: str, program: Callable[[Recorder], None], **words: str) -> Rule:
    """Return a rule about a parent that forks. A third process opens the queue afterwards."""
    parent = Program(actor="parent", function=program)
    return Rule(
        id=f"FORK-{number}",
        slug=slug,
        sentence=words["sentence"],
        why=words["why"],
        scenario=Scenario(programs=lambda effort: [parent], ending=Environment.settle, lease=BRIEF),
        drivers=(Processes(),),
        monitors=(no_loss, exclusive, no_phantom, no_resurrection),
        needs=(Capability.DURABLE, Capability.PROCESSES, Capability.COMPLETE),
        requirement=Requirement.SHOULD,
        must_with=Capability.FORKS,
        level=Level.STANDARD,
        tolerates_from=("child",),
    )


RULES = (
    _rule(
        1,
        "forked-processes-work-together",
        fork_programs.work_together,
        sentence="After a fork with an open instance, parent and child lose or share no task, or "
        "the child is refused.",
        why="Servers and process pools fork workers after they have opened the queue.",
    ),
    _rule(
        2,
        "child-outlives-parent",
        fork_programs.leave_the_child,
        sentence="A task that a forked child enqueues survives the end of its parent.",
        why="A parent that closes the file as its last user deletes the log that the child writes "
        "to.",
    ),
    _rule(
        3,
        "fork-within-transaction",
        fork_programs.keep_the_lock,
        sentence="A child that is forked while its parent holds the write lock waits for the lock "
        "or is refused.",
        why="SQLite keeps the locks of a process in memory, and a fork copies the memory but not "
        "the locks.",
    ),
    _rule(
        4,
        "child-closes-for-itself",
        fork_programs.let_the_child_close,
        sentence="A forked child that closes its instance takes no task from its parent.",
        why="A child closes at its end what it never opened.",
    ),
)
