"""QR302: at most MAX_CONCURRENT_WORKERS workers use the queue at the same time."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS
from pytest_queuekit.review.analysis.blocks import holds_lock, transactions
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.task_queues import claims, enqueues
from pytest_queuekit.review.analysis.worker_groups import reached, worker_groups
from pytest_queuekit.review.code import Code, Match


def _too_many_workers(module: Module) -> Iterator[Match]:
    """Yield each pool, and each counted loop of threads, with too many workers on the queue."""
    if not module.knows_queue:
        return
    opened: set[ast.AST] = {call for _, call in transactions(module)}
    for group in worker_groups(module):
        if group.size > MAX_CONCURRENT_WORKERS and any(
            (call in opened or claims(module, call) or enqueues(module, call))
            and not holds_lock(module, call)
            for target in group.runs
            for call in reached(module, target)
        ):
            yield Match(
                node=group.node,
                detail=f"{group.size} workers use the queue at the same time and wait for its one "
                f"write lock; use at most MAX_CONCURRENT_WORKERS={MAX_CONCURRENT_WORKERS}",
            )


CODE = Code(
    id="QR302",
    item="Respecting `MAX_CONCURRENT_WORKERS` limit",
    title="More workers than MAX_CONCURRENT_WORKERS",
    sentence="At most MAX_CONCURRENT_WORKERS workers use the queue at the same time.",
    why="SQLite has one write lock: more workers wait for it and complete no more tasks.",
    wrong="""\
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import QueueDatabase


def work(claimer):
    claimer.claim_task("worker-1", {}, lease_seconds=60)


def run(claimer):
    with ThreadPoolExecutor(max_workers=16) as pool:
        pool.submit(work, claimer)
""",
    right="""\
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS


def work(claimer):
    claimer.claim_task("worker-1", {}, lease_seconds=60)


def run(claimer):
    with ThreadPoolExecutor(max_workers=MAX_CONCURRENT_WORKERS) as pool:
        pool.submit(work, claimer)
""",
    check=_too_many_workers,
)
