"""Adds to the rules of a family what any script can show: losses, doubles and wrong counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Script
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.stats import stats
from pytest_queuekit.rules.rule import Rule


def watched(rules: Iterable[Rule], *, counts: bool = True) -> tuple[Rule, ...]:
    """Return the rules with more monitors.

    At the end of a script the queue is emptied if no task must be waited for, and its counts are
    read.

    counts: False to read no counts. They are wrong after nearly any other fault, and where the
        rules are about the basic promises, a second proof would only hide the first.
    """
    return tuple(_watched(rule, counts) for rule in rules)


_MORE = (no_phantom, exclusive, no_resurrection, no_loss)


def _watched(rule: Rule, counts: bool) -> Rule:
    # A queue may take no notice of an extension that it does not accept, and answer nothing.
    left_out = (exclusive,) if Verb.EXTEND in rule.tolerates else ()
    known = (*rule.monitors, *left_out)
    more = (*_MORE, stats) if counts else _MORE
    return replace(
        rule,
        also=(*rule.also, *(monitor for monitor in more if monitor not in known)),
        scenario=replace(rule.scenario, ending=_ending(rule.scenario.ending, counts)),
    )


def _ending(own: Script | None, counts: bool) -> Script:
    def finish(env: Environment) -> None:
        if own is not None:
            own(env)
        elif env.is_idle:
            env.settle()
        if counts and Capability.STATS in env.contract.capabilities:
            env.actor("keeper").stats()

    return finish
