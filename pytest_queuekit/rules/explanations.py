"""What reports say about a rule beside its sentence: the reason, and an example."""

from __future__ import annotations

from collections.abc import Collection

from pytest_queuekit.model.run_result import Explanation
from pytest_queuekit.performance.targets import TARGETS
from pytest_queuekit.rules.catalogue import CATALOGUE


def explanations(ids: Collection[str]) -> dict[str, Explanation]:
    """Return the explanations of these rules and targets, in the order of the catalogue."""
    # Imported here: the examples of all rules are many, and most runs need none.
    from pytest_queuekit.rules.examples.catalogue import example_of

    reasons = {rule.id: rule.why for rule in CATALOGUE} | {aim.id: aim.why for aim in TARGETS}
    found = {}
    for rule in reasons:
        if rule in ids:
            example = example_of(rule)
            found[rule] = Explanation(
                why=reasons[rule],
                wrong=example.wrong if example else "",
                right=example.right if example else "",
                language=example.language if example else "python",
            )
    return found
