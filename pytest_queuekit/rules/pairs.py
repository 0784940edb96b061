"""Pairs of calls that meet on one task: the state of the task, a call of each actor, the gap.

`meet_in` makes a script of them. Each round has a task of its own. One call stops before each of
its steps in turn, the other call runs in that gap, and the task then goes its way to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, product

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.meeting import Call, Gap, Meeting, Side
from pytest_queuekit.execution.meter import Meter
from pytest_queuekit.execution.scenario import Script
from pytest_queuekit.execution.steps import Steps
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.monitors.in_some_order import IN_TURN
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.rules.steps import claim_back, reclaim

_SECONDS = {Level.QUICK: 0.5, Level.STANDARD: 2.5, Level.DEEP: 60.0}
"""Seconds of processor time after which a script begins no further pair.

By the real clock, where the script waits for leases, seconds in all.
"""
_PATIENCE = 2
"""How many times as many seconds may pass in all: a call often waits for the stopped one."""
_MOST_STEPS = {Level.QUICK: 12, Level.STANDARD: 24, Level.DEEP: 400}
"""The most steps of a call before which it stops; spread evenly if it has more."""
_DELAY = 0.2
"""Seconds of a delay."""

_READINGS = ("stats", "backup")

Labels = Callable[[str], str]
"""Gives a name of its own to each task."""

NEEDS: Mapping[str, Capability] = {
    **{
        verb: Capability(verb)
        for verb in ("complete", "fail", "release", "extend", "cancel", "reclaim", "purge")
    },
    **{verb: Capability(verb) for verb in ("stats", "backup", "enqueue_many")},
    "again": Capability.KEY,
}
"""What a call needs beyond the calls that every queue has."""


@dataclass(frozen=True, kw_only=True)
class State:
    """A state of a task, and the calls that may meet on it.

    name: the state in one word.
    prepare: brings the task of a round into the state; returns False if it cannot.
    holder, rival: the calls of the two actors.
    needs: what a queue must have to bring a task there.
    lapses: True if the lease ends in the gap.
    """

    name: str
    prepare: Callable[[Round], bool]
    holder: Sequence[str]
    rival: Sequence[str]
    needs: tuple[Capability, ...] = ()
    lapses: bool = False


class Round:
    """One meeting of two calls.

    meeting: the two actors.
    label: the task.
    verbs: the calls of holder and rival.
    """

    def __init__(self, meeting: Meeting, label: str, verbs: tuple[str, str]) -> None:
        self.env = meeting.env
        self.label = label
        self._verbs = verbs
        self.holder, self.rival = meeting.sides
        self._keyed = "again" in verbs
        self._taken: dict[str, list[Delivery]] = {side.actor: [] for side in meeting.sides}

    def enqueue(self, side: Side, label: str, **options: object) -> None:
        """Enqueue a task, with a key if another enqueue shall meet it."""
        chosen: dict[str, object] = dict(options)
        if self._keyed:
            chosen["key"] = self.label
        side.recorder.enqueue(label, **chosen)

    def claim(self, side: Side) -> bool:
        """Claim; keep the delivery for the acknowledgements of this actor."""
        delivery = side.recorder.claim()
        if delivery is not None:
            self._taken[side.actor].append(delivery)
        return delivery is not None

    def claim_after_lease(self, side: Side) -> bool:
        """Claim a task whose lease is over."""
        reclaim(self.env)
        delivery = side.call(lambda: claim_back(self.env, side.recorder))
        if delivery is not None:
            self._taken[side.actor].append(delivery)
        return delivery is not None

    @property
    def calls(self) -> list[tuple[Side, Call]]:
        """The calls of holder and rival."""
        sides = (self.holder, self.rival)
        return [
            (side, self._call(side, verb)) for side, verb in zip(sides, self._verbs, strict=True)
        ]

    def _call(self, side: Side, verb: str) -> Call:
        recorder = side.recorder
        calls: Mapping[str, Call] = {
            "enqueue": lambda: self.enqueue(side, self.label),
            "enqueue_many": lambda: recorder.enqueue_many([self.label, f"{self.label}-too"]),
            "again": lambda: self.enqueue(side, f"{self.label}-again"),
            "claim": lambda: self.claim(side),
            "complete": lambda: self._end(side, recorder.complete),
            "fail": lambda: self._end(side, recorder.fail),
            "release": lambda: self._end(side, recorder.release),
            "extend": lambda: self._extend(side),
            "cancel": lambda: recorder.cancel(self.label),
            "reclaim": recorder.reclaim,
            "purge": recorder.purge,
            "stats": recorder.stats,
            "backup": lambda: recorder.backup(str(self.env.folder / f"copy-of-{self.label}")),
        }
        return calls[verb]

    def _end(self, side: Side, acknowledge: Callable[[Delivery], bool]) -> None:
        """Acknowledge, and give up the delivery if the queue accepts that."""
        held = self._taken[side.actor]
        if acknowledge(held[0]):
            held.pop(0)

    def _extend(self, side: Side) -> None:
        held = self._taken[side.actor]
        held[0] = side.recorder.extend(held[0], self.env.lease) or held[0]

    def finish(self) -> None:
        """Let both actors complete what they hold, then claim what is left.

        Where time costs nothing, wait for leases and retries, so that no task outlives its round.
        """
        for side in (self.holder, self.rival):
            if side.recorder.can(Capability.COMPLETE):
                for delivery in self._taken[side.actor]:
                    side.call(partial(side.recorder.complete, delivery))
        collector = self.env.actor("collector")
        self.env.claim_all("collector")
        for failures in (2, 3) if self.env.clock.virtual else ():
            retry = self.env.contract.retry
            self.env.outlast(self.env.lease + (retry.wait(failures)[1] if retry else 0.0))
            reclaim(self.env)
            self.env.claim_all("collector")
        if collector.can(Capability.STATS):
            collector.stats()


def meet_in(*states: State) -> Script:
    """Return a script in which all pairs of calls meet on tasks in these states."""

    def script(env: Environment) -> None:
        seconds = _SECONDS[env.effort.level]
        meter = Meter(seconds, _PATIENCE)
        if not env.clock.virtual:
            meter = Meter(seconds + 3 * env.lease, patience=1)
        labels = _labels(env)
        with Meeting(env, "holder", "rival") as meeting:
            holder, rival = meeting.sides
            rival.recorder.share_ids(holder.recorder)
            for state, verbs in _pairs(env, states):
                if meter.is_over():
                    return
                _Pair(meeting, state, verbs, labels).meet(meter)

    return script


def _labels(env: Environment) -> Labels:
    """Return a function that numbers the rounds of a pair.

    By the real clock a round may end in one way or another, so each is a pair of its own: no
    monitor compares them.
    """
    numbers = count(1)

    def label(stem: str) -> str:
        number = next(numbers)
        return f"{stem}-{number}" if env.clock.virtual else f"{number}-{stem}-{number}"

    return label


def _pairs(env: Environment, states: Sequence[State]) -> Iterator[tuple[State, tuple[str, str]]]:
    """Return the pairs that a queue can make, those of all states in turn."""
    able = env.contract.capabilities

    def known(verbs: Sequence[str]) -> list[str]:
        return [verb for verb in verbs if verb not in NEEDS or NEEDS[verb] in able]

    for state in states:
        if not env.contract.lacks(state.needs):
            yield from ((state, pair) for pair in product(known(state.holder), known(state.rival)))


class _Pair:
    """Two calls that meet in rounds, each on a task of its own."""

    def __init__(
        self, meeting: Meeting, state: State, verbs: tuple[str, str], labels: Labels
    ) -> None:
        self._meeting = meeting
        self._state = state
        self._verbs = verbs
        self._labels = labels
        self._stem = f"{state.name}-{verbs[0]}-{verbs[1]}"

    def meet(self, meter: Meter) -> None:
        """Make the calls in turn, in both orders, then let each stop in its gaps for the other.

        meter: tells when no further gap is tried. It is not asked between the two orders: all gaps
            would then be compared with the first order alone.
        """
        counted = [self._in_turn(paused) for paused in (0, 1)]
        for paused, steps in enumerate(counted):
            # A reading that stops changes nothing for the other call.
            if steps is not None and None not in counted and self._verbs[paused] not in _READINGS:
                self._in_gaps(paused, steps, meter)

    def _in_turn(self, first: int) -> Steps | None:
        """Make the calls one after the other, and return the steps of the first.

        A lease that ends in the gap may end before both calls, or between them.
        """
        steps = None
        compared = self._meeting.env.clock.virtual
        for early in (False, True) if self._state.lapses and compared else (False,):
            game = self._round(f"{self._stem}-{IN_TURN}")
            if game is None:
                return None
            lapse = self._lapse(game)
            if early:
                lapse()
            calls = game.calls
            steps = self._meeting.in_turn(
                calls[first], calls[1 - first], meanwhile=_nothing if early else lapse
            )
            game.finish()
        return steps

    def _in_gaps(self, paused: int, steps: Steps, meter: Meter) -> None:
        stride = max(1, steps.count // _MOST_STEPS[self._meeting.env.effort.level])
        gap = 0
        while gap < steps.count and not meter.is_over():
            game = self._round(self._stem)
            if game is None:
                return
            calls = game.calls
            fate = self._meeting.in_between(
                calls[paused],
                calls[1 - paused],
                step=gap,
                by_line=steps.by_line,
                meanwhile=self._lapse(game),
            )
            game.finish()
            if fate is Gap.MISSED:
                return
            # A queue that is locked before one line is mostly locked before the next.
            gap += 2 * stride if steps.by_line and fate is Gap.BLOCKED else stride

    def _round(self, stem: str) -> Round | None:
        """Return a round with its task in its state, or None if the queue brings it to another."""
        game = Round(self._meeting, self._labels(stem), self._verbs)
        if self._state.prepare(game):
            return game
        game.finish()
        return None

    def _lapse(self, game: Round) -> Call:
        """Return the passing of time in the gap."""
        return (lambda: game.env.outlast(game.env.lease)) if self._state.lapses else _nothing


def _nothing() -> None:
    return None


def _absent(_game: Round) -> bool:
    return True


def _waiting(game: Round) -> bool:
    game.holder.call(lambda: game.enqueue(game.holder, game.label))
    return True


def _grouped(game: Round) -> bool:
    """Leave one slot in a group of which two tasks wait."""
    limit = game.env.contract.group_limit
    for number in range(limit + 1):
        label = f"{game.label}-{number}"
        game.holder.call(partial(game.enqueue, game.holder, label, group=game.label))
    return all(game.holder.call(lambda: game.claim(game.holder)) for _ in range(limit - 1))


def _held(game: Round) -> bool:
    return _waiting(game) and bool(game.holder.call(lambda: game.claim(game.holder)))


def _due(game: Round) -> bool:
    game.holder.call(lambda: game.enqueue(game.holder, game.label, delay=_DELAY))
    game.env.outlast(_DELAY)
    return True


def _expired(game: Round) -> bool:
    if not _held(game):
        return False
    game.env.outlast(game.env.lease)
    return True


def _taken_over(game: Round) -> bool:
    return _expired(game) and game.claim_after_lease(game.rival)


_OTHERS = ("claim", "reclaim", "cancel", "again", "purge", "stats", "backup")
_ENDINGS = ("complete", "release", "fail", "extend")
_LEASE = (Capability.LEASE, Capability.AT_LEAST_ONCE)

ABSENT = State(
    name="absent", prepare=_absent, holder=("enqueue", "enqueue_many"), rival=("again", *_OTHERS)
)
WAITING = State(
    name="waiting", prepare=_waiting, holder=("claim", "cancel", "again"), rival=_OTHERS
)
GROUPED = State(
    name="grouped",
    prepare=_grouped,
    holder=("claim",),
    rival=("claim", "reclaim", "purge"),
    needs=(Capability.GROUP,),
)
HELD = State(name="held", prepare=_held, holder=_ENDINGS, rival=_OTHERS)
DUE = State(
    name="due",
    prepare=_due,
    holder=("claim",),
    rival=("claim", "cancel", "reclaim", "again", "stats"),
    needs=(Capability.DELAY,),
)
EXPIRED = State(
    name="expired", prepare=_expired, holder=(*_ENDINGS, "claim"), rival=_OTHERS, needs=_LEASE
)
EXPIRING = State(
    name="expiring",
    prepare=_held,
    holder=_ENDINGS,
    rival=("claim", "reclaim"),
    needs=_LEASE,
    lapses=True,
)
TAKEN_OVER = State(
    name="taken-over", prepare=_taken_over, holder=_ENDINGS, rival=_ENDINGS, needs=_LEASE
)
