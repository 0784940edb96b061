"""The values from which the steps of a walk are drawn, chosen by what the queue declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pytest_queuekit.model.capabilities import Capability, Durability, Payload, Sharing
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.walks.ending import REGIONS
from pytest_queuekit.walks.play import LEASE

DELAY = 20.0
"""Seconds of a delay: well below a lease, and unlike any wait for a retry."""
_CLEAR = 1.0
"""Seconds beyond the resolution by which a wait misses the end of a delay, a lease or a retry."""

PRIORITIES = (5, 1, 9, 5, 1, 9, 0, -5)
KEYS = ("k", "k", "l")
ATTEMPTS = (2, 2, 3, 1)
BODIES: Mapping[Payload, Sequence[Any]] = {
    Payload.JSON: ("", 0, False, [], [None], "long " * 2000, 2**53, 0.1),
    Payload.OBJECT: ("", 0, False, [], (), (None,), set(), b"\0", "long " * 2000, 2**70),
    Payload.TEXT: ("", "0", "null", "long " * 2000, "two\nlines"),
    Payload.INTEGER: (None,),
    Payload.BYTES: (b"", b"\0", b"\xff", b"long " * 2000),
}


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The values for the walks of one queue.

    contract: the declarations of the queue.
    time_passes: False if the queue does not follow the kit's clock, so that a walk cannot wait.
    bare: the payloads without a label that the queue carries.
    bare_in_batches: those of them that it accepts in a batch.
    fractions: the priorities with a fraction that it honours.
    """

    contract: Contract
    time_passes: bool
    bare: Sequence[Any] = ()
    bare_in_batches: Sequence[Any] = ()
    fractions: Sequence[float] = ()

    def has(self, *capabilities: Capability) -> bool:
        """Return True if the queue declares all these capabilities."""
        return not self.contract.lacks(capabilities)

    @property
    def lease(self) -> float:
        """Seconds of the usual lease."""
        fixed = self.contract.lease_seconds
        return LEASE if fixed is None else fixed

    @property
    def restarts(self) -> bool:
        """True if an actor may close, or die without its process, and the queue notices."""
        lasting = self.contract.durability is not Durability.NONE
        shared = self.contract.sharing is Sharing.PROCESSES
        return lasting and shared and not self.contract.notices_death

    @cached_property
    def options(self) -> Mapping[Capability, Sequence[Any]]:
        """The options of an enqueue, declared or not, and their values."""
        options: dict[Capability, Sequence[Any]] = {
            Capability.PRIORITY: (*PRIORITIES, *self.fractions),
            Capability.KEY: KEYS,
            Capability.GROUP: KEYS,
            Capability.ROUTING: self.regions[1:],
            Capability.MAX_ATTEMPTS: ATTEMPTS,
            Capability.TASK_LEASE: (self.lease / 3, 2 * self.lease),
        }
        if self.time_passes:
            options |= {Capability.DELAY: (DELAY,), Capability.EXPIRES: (DELAY,)}
        return options

    @cached_property
    def regions(self) -> Sequence[Mapping[str, Any]]:
        """What a worker may be capable of."""
        one = tuple({"region": region} for region in REGIONS)
        return ({"region": list(REGIONS)}, *one)

    @cached_property
    def leases(self) -> Sequence[float]:
        """Seconds that outlast a lease, and half of one."""
        return self.lease + self._late, self.lease / 2

    @cached_property
    def delays(self) -> Sequence[float]:
        """Seconds that outlast a delay, and half of one."""
        return DELAY + self._late, DELAY / 2

    def retry_waits(self, failures: int) -> Sequence[float]:
        """Return the seconds that outlast a wait for a retry, and half of one if that is clear."""
        retry = self.contract.retry
        if retry is None:
            return (self._late,)
        least, most = retry.wait(failures)
        half = (least / 2,) if least > 4 * self.contract.resolution else ()
        return most + self._late, *half

    @cached_property
    def waits(self) -> Sequence[float]:
        """Seconds of all waits."""
        return (
            *self.leases,
            *self.delays,
            *self.retry_waits(1),
            *self.retry_waits(2),
            *self._key_waits,
        )

    @property
    def _key_waits(self) -> Sequence[float]:
        """Seconds that outlast the time of a key, and half of one."""
        time = self.contract.key_seconds
        return () if time is None else (time + self._late, time / 2)

    @property
    def _late(self) -> float:
        return self.contract.resolution + _CLEAR
