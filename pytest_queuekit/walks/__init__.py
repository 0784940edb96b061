"""Walks: random programs over everything that a queue declares, each a tuple of small steps.

A walk is drawn, played on a new queue, judged, and shrunk to the shortest program that still shows
a violation. `replay` repeats a walk from its steps, in a test that the report prints:

    from pytest_queuekit.walks import Claim, Complete, Enqueue, Purge, replay


    def test_walk(tmp_path):
        replay("shop.queues:ShopQueue", tmp_path, Enqueue(key="k"), Claim(), Complete(), Purge())
"""

from pytest_queuekit.walks.kill import Kill
from pytest_queuekit.walks.meet import Meet
from pytest_queuekit.walks.replay import replay
from pytest_queuekit.walks.steps import (
    Backup,
    Cancel,
    Claim,
    ClaimMany,
    Complete,
    Crash,
    DeadLetters,
    Enqueue,
    EnqueueMany,
    Extend,
    Fail,
    Purge,
    Reclaim,
    Release,
    Reopen,
    Requeue,
    Stats,
    Step,
    Wait,
)

__all__ = [
    "Backup",
    "Cancel",
    "Claim",
    "ClaimMany",
    "Complete",
    "Crash",
    "DeadLetters",
    "Enqueue",
    "EnqueueMany",
    "Extend",
    "Fail",
    "Kill",
    "Meet",
    "Purge",
    "Reclaim",
    "Release",
    "Reopen",
    "Requeue",
    "Stats",
    "Step",
    "Wait",
    "replay",
]
