"""All attacks, in the order of the table."""

from __future__ import annotations

from tests.faults.attack import Attack
from tests.faults.clocks import CLOCKS
from tests.faults.damage import DAMAGE
from tests.faults.exceptions import MEMORY, RECURSION, SIGNALS
from tests.faults.forks import FORKS
from tests.faults.hostile import HOSTILE
from tests.faults.io_errors import IO_ERRORS
from tests.faults.kills import AT_FILE_OPERATIONS, AT_STATEMENTS
from tests.faults.power import FULL, NORMAL
from tests.faults.soak import SOAK
from tests.faults.storms import STORMS

ATTACKS: tuple[Attack, ...] = (
    AT_STATEMENTS,
    AT_FILE_OPERATIONS,
    STORMS,
    NORMAL,
    FULL,
    IO_ERRORS,
    SIGNALS,
    MEMORY,
    RECURSION,
    FORKS,
    CLOCKS,
    HOSTILE,
    DAMAGE,
    SOAK,
)


def named(name: str) -> Attack:
    """Return the attack of a name. Raises KeyError."""
    return {attack.name: attack for attack in ATTACKS}[name]
