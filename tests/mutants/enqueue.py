"""Queues that lose or change what is put in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.mutants.mutant import WATCHED, mutant
from tests.queues.domains import Bytes, Objects, Texts
from tests.queues.memory import MemoryQueue, RefusedError, Task


class DropsWhatDoesNotFit(MemoryQueue):
    """Holds nine waiting tasks, and drops any further one in silence."""

    name = "drops-what-does-not-fit"

    def _keep(self, task: Task) -> None:
        if len(self._waiting()) < 9:
            super()._keep(task)


class DropsDuringWork(MemoryQueue):
    """Drops the fourth task if others are done, and others wait, by then."""

    name = "drops-during-work"

    def _keep(self, task: Task) -> None:
        working = self._in_state("completed") and self._waiting()
        if not working or task.number != 4:
            super()._keep(task)


class RefusesFloats(MemoryQueue):
    """Refuses payloads that are good JSON."""

    name = "refuses-floats"

    def _encode(self, payload: Any) -> str:
        if isinstance(payload.get("body"), float):
            raise RefusedError("no floats")
        return super()._encode(payload)


class TurnsBooleansIntoNumbers(MemoryQueue):
    """Keeps true and false as 1 and 0."""

    name = "turns-booleans-into-numbers"

    def _decode(self, text: str) -> Any:
        return json.loads(text.replace("true", "1").replace("false", "0"))


class ReadsWholeFloatsAsIntegers(MemoryQueue):
    """Reads whole numbers from floats that are whole."""

    name = "reads-whole-floats-as-integers"

    def _decode(self, text: str) -> Any:
        return json.loads(text, parse_float=lambda digits: _whole(float(digits)))


def _whole(number: float) -> float:
    return int(number) if number == 1.0 else number


class AcceptsWhatJsonChanges(MemoryQueue):
    """Takes tuples and numbers as keys, which come back as lists and texts."""

    name = "accepts-what-json-changes"

    def _encode(self, payload: Any) -> str:
        try:
            return json.dumps(payload)
        except TypeError as error:
            raise RefusedError(str(error)) from error


class WritesWhatItCannotAsText(MemoryQueue):
    """Takes anything, and writes what it does not know as its text."""

    name = "writes-what-it-cannot-as-text"

    def _encode(self, payload: Any) -> str:
        try:
            return super()._encode(payload)
        except RefusedError:
            return json.dumps(payload, default=str, skipkeys=True)


class WritesSetsAsLists(MemoryQueue):
    """Takes a set, which comes back as a list."""

    name = "writes-sets-as-lists"

    def _encode(self, payload: Any) -> str:
        if isinstance(payload, dict) and isinstance(payload.get("body"), set):
            payload = {**payload, "body": sorted(payload["body"])}
        return super()._encode(payload)


class WritesTuplesAsText(MemoryQueue):
    """Takes a tuple, which comes back as a text and not, as JSON gives it back, as a list."""

    name = "writes-tuples-as-text"

    def _encode(self, payload: Any) -> str:
        if isinstance(payload, dict) and isinstance(payload.get("body"), tuple):
            payload = {**payload, "body": str(payload["body"])}
        return super()._encode(payload)


class TrimsText(Texts):
    """Trims the end of a text."""

    name = "trims-text"

    def _encode(self, payload: Any) -> str:
        return super()._encode(payload).rstrip()


class ChangesLineEnds(Texts):
    """Writes every line end as one sort."""

    name = "changes-line-ends"

    def _decode(self, text: str) -> Any:
        return "\n".join(text.splitlines())


class ReplacesSurrogates(Texts):
    """Writes a question mark for what UTF-8 cannot carry."""

    name = "replaces-surrogates"

    def _encode(self, payload: Any) -> str:
        return str(payload).encode("utf-8", "replace").decode("utf-8")


class CutsAtNul(Texts):
    """Cuts a text at its first NUL, as C does."""

    name = "cuts-at-nul"

    def _decode(self, text: str) -> Any:
        return text.split("\0")[0]


class CutsBytesAtZero(Bytes):
    """Drops zeros at the end of bytes, as a padded column does."""

    name = "cuts-bytes-at-zero"

    def _decode(self, text: str) -> Any:
        return super()._decode(text).rstrip(b"\0")


class SetsBecomeLists(Objects):
    """Writes a set as JSON writes a list."""

    name = "sets-become-lists"

    def _decode(self, text: str) -> Any:
        payload = super()._decode(text)
        if not isinstance(payload, dict) or not isinstance(payload.get("body"), set):
            return payload
        return {**payload, "body": list(payload["body"])}


class TextOfAFunction(Objects):
    """Takes the text of an object for the object, if pickle cannot carry that."""

    name = "text-of-a-function"

    def _encode(self, payload: Any) -> str:
        try:
            return super()._encode(payload)
        except RefusedError:
            if not isinstance(payload, dict):
                raise
            return super()._encode({key: str(value) for key, value in payload.items()})


class CutsLongPayloads(Texts):
    """Cuts a payload at 64 KiB."""

    name = "cuts-long-payloads"

    def _encode(self, payload: Any) -> str:
        return super()._encode(payload)[:65_536]


class RefusesLongPayloads(MemoryQueue):
    """Refuses a payload of more than 256 kB, as a hosted queue does."""

    name = "refuses-long-payloads"

    def _encode(self, payload: Any) -> str:
        text = super()._encode(payload)
        if len(text) > 256_000:
            raise RefusedError("too long")
        return text


class DropsTheLastOfABatch(MemoryQueue):
    """Stops one before the end of a batch."""

    name = "drops-the-last-of-a-batch"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        return [*super().enqueue_many(payloads[:-1]), 0]


class AddsTheFirstOfABatchTwice(MemoryQueue):
    """Adds the first task of a batch twice."""

    name = "adds-the-first-of-a-batch-twice"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        self.enqueue(payloads[0])
        return super().enqueue_many(payloads)


class BatchDropsEmptyTexts(MemoryQueue):
    """Takes an empty text in a batch for none, and leaves it out of the payload."""

    name = "batch-drops-empty-texts"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        return super().enqueue_many([_without_empty(payload) for payload in payloads], **options)


class KeepsTheBeginningOfABatch(MemoryQueue):
    """Refuses a batch for one of its payloads, and keeps the tasks before that one."""

    name = "keeps-the-beginning-of-a-batch"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        given = self._keys_of(payloads, keys)
        return [
            self.enqueue(payload, key=key) for payload, key in zip(payloads, given, strict=True)
        ]


class BreaksOffInABatch(MemoryQueue):
    """Adds the tasks of a batch up to one that it cannot store, and fails with any error."""

    name = "breaks-off-in-a-batch"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        given = self._keys_of(payloads, keys)
        try:
            return [
                self.enqueue(payload, key=key) for payload, key in zip(payloads, given, strict=True)
            ]
        except RefusedError as error:
            raise RuntimeError("the batch failed") from error


def _without_empty(payload: Any) -> Any:
    if not isinstance(payload, dict):
        return payload
    return {key: value for key, value in payload.items() if value != ""}


class MergesEqualPayloads(MemoryQueue):
    """Takes no task whose payload waits already."""

    name = "merges-equal-payloads"

    def _keep(self, task: Task) -> None:
        if task.text not in [other.text for other in self._waiting()]:
            super()._keep(task)


MUTANTS = (
    mutant(
        DropsWhatDoesNotFit,
        "ENQUEUE-1",
        also=(
            "ENQUEUE-3",
            "ENQUEUE-9",
            "CLAIM-3",
            "CLAIM-7",
            "ORDER-4",
            "SCHEDULE-4",
            "SCHEDULE-5",
            "LEASE-10",
            "KEY-5",
            "ROUTE-5",
            *WATCHED,
        ),
    ),
    mutant(
        DropsDuringWork,
        "ENQUEUE-2",
        also=(
            "ENQUEUE-10",
            "GROUP-2",
            "STATS-14",
        ),
    ),
    mutant(RefusesFloats, "ENQUEUE-3"),
    mutant(TurnsBooleansIntoNumbers, "ENQUEUE-3", also=("LEASE",)),
    mutant(ReadsWholeFloatsAsIntegers, "ENQUEUE-3"),
    mutant(BatchDropsEmptyTexts, "ENQUEUE-3"),
    mutant(AcceptsWhatJsonChanges, "ENQUEUE-11"),
    mutant(WritesWhatItCannotAsText, "ENQUEUE-4", also=("ENQUEUE-11",)),
    mutant(WritesSetsAsLists, "ENQUEUE-4"),
    mutant(KeepsTheBeginningOfABatch, "ENQUEUE-4", also=("ENQUEUE-11",)),
    mutant(BreaksOffInABatch, "ENQUEUE-4", also=("ENQUEUE-11",)),
    mutant(WritesTuplesAsText, "ENQUEUE-4", also=("ENQUEUE",)),
    mutant(TrimsText, "ENQUEUE-5"),
    mutant(ChangesLineEnds, "ENQUEUE-5"),
    mutant(ReplacesSurrogates, "ENQUEUE-6"),
    mutant(CutsAtNul, "ENQUEUE-6"),
    mutant(CutsBytesAtZero, "ENQUEUE-7"),
    mutant(SetsBecomeLists, "ENQUEUE-12"),
    mutant(TextOfAFunction, "ENQUEUE-13"),
    mutant(CutsLongPayloads, "ENQUEUE-8"),
    mutant(RefusesLongPayloads, "ENQUEUE-8"),
    mutant(DropsTheLastOfABatch, "ENQUEUE-9", also=("ORDER-9", "STATS-11", "ENQUEUE")),
    mutant(AddsTheFirstOfABatchTwice, "ENQUEUE-9", also=("STATS-11", "ENQUEUE")),
    mutant(MergesEqualPayloads, "ENQUEUE-10"),
)
