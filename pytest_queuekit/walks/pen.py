"""Draws single steps from the values of a palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any, TypeVar

from pytest_queuekit.model.capabilities import Capability, KeyConflict
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.walks.palette import BODIES, KEYS, Palette
from pytest_queuekit.walks.steps import (
    Claim,
    ClaimMany,
    Complete,
    Enqueue,
    EnqueueMany,
    Extend,
    Fail,
    Release,
    Step,
    Wait,
    Walk,
)

_Choice = TypeVar("_Choice")
Make = Callable[[], Step | None]
Kind = tuple[int, Make, Capability | None]
"""A kind of steps: its weight among others, what makes one, and the capability that it needs."""

_NAMES = {capability: name for name, capability in METHODS["enqueue"].options.items()}
"""The name of the option of an enqueue that a capability stands for."""

_DENSITIES = (0.0, 0.0, 0.4, 0.9)
"""How many of the tasks of one walk have a certain option.

To leave features out of some tests lets the others meet more often (Groce, Zhang, Eide, Chen and
Regehr, "Swarm testing", 2012).
"""
_BATCHES, _BATCHES_ALONE = 0.1, 0.6
"""How many of the claims are batches, in most walks and in those with few options."""
_BARENESSES = (0.0, 0.2, 0.5)
"""How many of the payloads of one walk are bare values."""
_BODIES, _BODIES_OF_BATCHES = 0.05, 0.3
"""How many of the other tasks, and of the fewer batches, have awkward bodies."""


class Pen:
    """Draws single steps. A step that the queue does not declare is None.

    random: decides. palette: the values to choose from. actors: the names of the actors.
    alone: True to give one option, or two, to nearly all tasks, and to claim in batches. A fault
        that needs the option on several tasks, and one other feature, is too rare among many.
    """

    def __init__(
        self, random: Random, palette: Palette, actors: str = "ab", *, alone: bool = False
    ) -> None:
        self._random = random
        self.palette = palette
        self._actors = actors
        options = {
            option: values for option, values in palette.options.items() if palette.has(option)
        }
        if alone and options:
            few = [self.pick(list(options)) for _ in range(self.pick((1, 2)))]
            self._options = {option: (max(_DENSITIES), options[option]) for option in few}
        else:
            self._options = {
                option: (density, values)
                for option, values in options.items()
                if (density := self.pick(_DENSITIES))
            }
        self._batches = _BATCHES_ALONE if alone else _BATCHES
        self._bareness = self.pick(_BARENESSES) if palette.bare else 0.0
        declared = palette.contract.key_conflict
        self._replaces = declared in (None, KeyConflict.REPLACE)
        self._of_key: dict[str, dict[str, Any]] = {}

    def decide_by(self, random: Random) -> None:
        """Let another generator decide from now on; the options of the walk stay."""
        self._random = random

    def remember(self, walk: Walk) -> None:
        """Take the options of each key from a walk that this one continues."""
        for step in walk:
            if isinstance(step, Enqueue) and step.key is not None:
                self._of_key.setdefault(step.key, step.options)
            elif isinstance(step, EnqueueMany):
                self._note_keys(step.keys or ())

    def _note_keys(self, keys: Iterable[str | None]) -> None:
        """Take note of keys of a batch: its tasks have no other options."""
        for key in keys:
            if key is not None:
                self._of_key.setdefault(key, {"key": key})

    def pick(self, choices: Sequence[_Choice]) -> _Choice:
        """Return one of some choices."""
        return choices[int(self._random.random() * len(choices))]

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return self._random.random() < probability

    def one_of(self, *kinds: Kind) -> Step | None:
        """Return a step of a declared kind."""
        known = [
            make
            for weight, make, need in kinds
            if need is None or self.palette.has(need)
            for _ in range(weight)
        ]
        return self.pick(known)() if known else None

    def by(self) -> str:
        """Return the name of an actor."""
        return self.pick(self._actors)

    def enqueue(self, **given: Any) -> Enqueue:
        """Return an enqueue with some options.

        A task that replaces the waiting task of its key may keep the options of that task, so all
        tasks of a key get the same ones.
        """
        for option, (density, values) in self._options.items():
            if _NAMES[option] not in given and self.chance(density):
                given[_NAMES[option]] = self.pick(values)
        if self._replaces and given.get("key") is not None:
            given = dict(self._of_key.setdefault(given["key"], given))
        if self._bareness and self.chance(self._bareness):
            given |= {"body": self.pick(self.palette.bare), "bare": True}
        elif self.chance(_BODIES):
            given["body"] = self.pick(BODIES[self.palette.contract.payload])
        return Enqueue(by=self.by(), **given)

    @property
    def batch_keys(self) -> Sequence[str]:
        """The keys that tasks of a batch may have.

        A task of a batch has no other options, so a task that it may replace has none either.
        """
        if not self.palette.has(Capability.BATCH_KEYS) or Capability.KEY not in self._options:
            return ()
        if not self._replaces:
            return KEYS
        return [key for key in KEYS if self._of_key.get(key, {"key": key}) == {"key": key}]

    def batch(self, *keys: str) -> EnqueueMany:
        """Return an enqueue of a batch, sometimes with keys; these are the first."""
        count, others = self.pick((2, 1)), self.batch_keys
        given = self._bodies(count)
        if keys or (others and self.chance(0.8)):
            more = [self.pick((*others, None)) for _ in range(count - len(keys))]
            given["keys"] = (*keys, *more)
            self._note_keys(given["keys"])
        return EnqueueMany(by=self.by(), **(given or {"count": count}))

    def _bodies(self, count: int) -> dict[str, Any]:
        """Return the bodies of a batch, sometimes bare ones; empty for none."""
        bare = self.palette.bare_in_batches
        if bare and self._bareness and self.chance(self._bareness):
            return {"bodies": tuple(self.pick(bare) for _ in range(count)), "bare": True}
        if self.chance(_BODIES_OF_BATCHES):
            bodies = BODIES[self.palette.contract.payload]
            return {"bodies": tuple(self.pick(bodies) for _ in range(count))}
        return {}

    def claim(self) -> Step:
        """Return a claim, sometimes of a batch."""
        if self.palette.has(Capability.CLAIM_MANY) and self.chance(self._batches):
            lease = self._lease(Capability.BATCH_LEASE)
            return ClaimMany(by=self.by(), limit=self.pick((2, 1, 3)), lease=lease)
        able = None
        if Capability.ROUTING in self._options and self.chance(0.8):
            able = self.pick(self.palette.regions)
        lease = self._lease(Capability.LEASE_OPTION)
        return Claim(by=self.by(), lease=lease, capabilities=able)

    def _lease(self, option: Capability) -> float | None:
        """Return a short lease, or mostly None for that of the run."""
        short = self.palette.has(option) and self.chance(0.1)
        return self.palette.lease / 3 if short else None

    def extend(self, back: int = 0) -> Step:
        """Return an extension.

        A heartbeat may announce the next one for an earlier moment, so all have the same length.
        """
        lengths = (2,) if self.palette.has(Capability.HEARTBEAT) else (1, 0.25, 2)
        return Extend(back=back, seconds=self.palette.lease * self.pick(lengths))

    def end(self, back: int = 0) -> Step | None:
        """Return an acknowledgement of a delivery."""
        return self.one_of(
            (1, lambda: Complete(back=back), Capability.COMPLETE),
            (1, lambda: self.fail(back), Capability.FAIL),
            (1, lambda: Release(back=back), Capability.RELEASE),
            (1, lambda: self.extend(back), Capability.EXTEND),
        )

    def fail(self, back: int = 0) -> Fail:
        """Return a failure, sometimes the last one."""
        final = self.palette.has(Capability.FINAL_FAILURE) and self.chance(0.2)
        return Fail(back=back, retry=not final)

    def wait(self, *seconds: float) -> Step | None:
        """Return a wait, by default for anything; None if time cannot pass."""
        if not self.palette.time_passes:
            return None
        return Wait(seconds=self.pick(seconds or self.palette.waits))
