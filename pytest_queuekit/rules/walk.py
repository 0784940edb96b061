"""WALK: the promises hold together, in whatever order the calls come, and wherever one ends."""

from __future__ import annotations

from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.walks.driver import Kills, Meetings, Walks
from pytest_queuekit.walks.judging import judge_kills, judge_meetings, judge_walk

RULES = (
    Rule(
        id="WALK-1",
        slug="promises-hold-together",
        sentence="The queue keeps its promises in random programs of all calls and options that it "
        "declares.",
        why="Each feature alone works; a key, a retry and a purge that meet on one task lose it.",
        scenario=Scenario(passes_time=True),
        drivers=(Walks(judge=judge_walk),),
        monitors=(judge_walk,),
        exercises=(Verb.ENQUEUE, Verb.CLAIM),
    ),
    Rule(
        id="WALK-2",
        slug="promises-hold-when-calls-meet",
        sentence="The queue keeps its promises in random programs of several workers whose calls "
        "meet at any of their steps.",
        why="A retry alone works and a reclaim alone works; the reclaim that comes between two "
        "steps of the failure makes two tasks of one.",
        scenario=Scenario(passes_time=True),
        drivers=(Meetings(judge=judge_meetings),),
        monitors=(judge_meetings,),
        needs=(Capability.THREADS,),
        exercises=(Verb.ENQUEUE, Verb.CLAIM),
    ),
    Rule(
        id="WALK-3",
        slug="promises-hold-after-kills",
        sentence="The queue keeps its promises in random programs in which a process is killed at "
        "any step of a call.",
        why="A completion alone works and a retry alone works; the kill between two steps of the "
        "completion buries a task that nobody has done.",
        scenario=Scenario(passes_time=True),
        drivers=(Kills(judge=judge_kills),),
        monitors=(judge_kills,),
        needs=(Capability.DURABLE, Capability.PROCESSES, Capability.RECOVERY),
        exercises=(Verb.ENQUEUE, Verb.CLAIM),
    ),
)
