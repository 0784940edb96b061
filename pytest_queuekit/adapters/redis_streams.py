"""A Redis stream with one consumer group, as https://redis.io/docs/latest/develop/data-types/streams
shows it: XADD, XREADGROUP, XAUTOCLAIM, XACK and XDEL.

`XACK` takes the id of an entry and not that of a delivery, so that a worker whose lease is over
may acknowledge an entry that another worker now has.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry as Repeat

from pytest_queuekit.adapters.namespaces import PREFIX, fresh_name, made_at
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Liveness

SERVER_VARIABLE = "QUEUEKIT_REDIS_URL"
"""The environment variable with the URL of a Redis server."""
DEFAULT_SERVER = "redis://127.0.0.1:6379/0"
"""The server of a run without the variable."""

_GROUP = "workers"


class RedisStreamQueue(QueueAdapter):
    """One stream and one consumer group. A location is the key of the stream.

    The lease is an argument of `XAUTOCLAIM` without a default. It is short here, so that the kit
    can wait for its end.
    """

    name = "redis-streams"
    distribution = "redis"
    liveness = Liveness.LEASE
    lease_seconds = 2.0
    resolution = 0.1
    refuses = (TypeError, ValueError)

    def __init__(self, location: str) -> None:
        self.stream = location
        self.redis = _connected()
        try:
            self.redis.xgroup_create(location, _GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):  # another instance has made it
                raise

    @classmethod
    def provision(cls, folder: Path) -> str:
        """Choose a key. Raises UsageError if no server answers."""
        try:
            with _connected() as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:  # the latter for what is no URL
            raise UsageError(
                f"start a Redis server, or set {SERVER_VARIABLE} to the URL of one: {error}"
            ) from error
        return fresh_name(folder)

    @classmethod
    def dispose(cls, location: str) -> None:
        """Delete the stream."""
        with _connected() as client:
            client.delete(location)

    @classmethod
    def leftovers(cls) -> Sequence[str]:
        """Return the keys that runs have made and not deleted."""
        with _connected() as client:
            return [key for key in client.scan_iter(f"{PREFIX}*") if made_at(key) is not None]

    def enqueue(self, payload: Any) -> str:
        return str(self.redis.xadd(self.stream, _entry(payload)))

    def enqueue_many(self, payloads: Sequence[Any]) -> Sequence[str]:
        with self.redis.pipeline(transaction=True) as pipe:
            for payload in payloads:
                pipe.xadd(self.stream, _entry(payload))
            return list(map(str, pipe.execute()))

    def claim(self, worker: str) -> Claim | None:
        claims = self.claim_many(worker, 1)
        return claims[0] if claims else None

    def claim_many(self, worker: str, limit: int) -> Sequence[Claim]:
        idle = round(self.lease_seconds * 1000)
        lapsed: Any = self.redis.xautoclaim(
            self.stream, _GROUP, worker, min_idle_time=idle, count=limit
        )
        entries = lapsed[1]
        if len(entries) < limit:
            unread: Any = self.redis.xreadgroup(
                _GROUP, worker, {self.stream: ">"}, count=limit - len(entries)
            )
            entries += [entry for _, of_stream in unread for entry in of_stream]
        return [
            Claim(task_id=number, payload=json.loads(fields["body"]), worker=worker)
            for number, fields in entries
        ]

    def complete(self, claim: Claim) -> bool:
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.xack(self.stream, _GROUP, claim.task_id)
            pipe.xdel(self.stream, claim.task_id)
            return bool(pipe.execute()[0])

    def stats(self) -> Mapping[str, int]:
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.xlen(self.stream)
            pipe.xpending(self.stream, _GROUP)
            total, pending = pipe.execute()
        return {"queued": total - pending["pending"], "leased": pending["pending"]}

    def close(self) -> None:
        self.redis.close()


def _connected() -> redis.Redis:
    url = os.environ.get(SERVER_VARIABLE, DEFAULT_SERVER)
    # A command that is sent twice after a lost answer would add a task twice.
    return redis.Redis.from_url(url, decode_responses=True, retry=Repeat(NoBackoff(), 0))


def _entry(payload: Any) -> dict[Any, Any]:
    return {"body": json.dumps(payload, allow_nan=False)}
