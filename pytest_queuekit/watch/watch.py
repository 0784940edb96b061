"""The watch: it begins and ends, and says after each part of a test what it has seen."""

from __future__ import annotations

from pytest_queuekit.watch import finding
from pytest_queuekit.watch.connecting import Connecting
from pytest_queuekit.watch.finding import Finding
from pytest_queuekit.watch.leases import Leases, sentence
from pytest_queuekit.watch.seen import Seen


class Watch:
    """Watches every QueueDatabase of this process between start() and stop()."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._leases = Leases()
        self._connecting = Connecting(self._seen)

    def start(self) -> None:
        """Begin to watch."""
        self._connecting.start()
        self._seen.is_on = True

    def stop(self) -> None:
        """End it; connections that are open by now go on, and are not watched any more."""
        self._seen.is_on = False
        self._connecting.stop()

    def begin(self, test: str) -> None:
        """Count what follows to the test with this node id."""
        self._seen.test = test
        self._seen.is_on = True

    def pause(self) -> None:
        """Look away until the next begin()."""
        self._seen.is_on = False

    def after_call(self) -> list[Finding]:
        """Return what is known when the body of a test has ended."""
        seen = self._seen
        touched, seen.touched = seen.touched, set()
        claims = seen.take_claims()
        for path in sorted(touched):
            ids = self._leases.new_in(path)
            if ids:
                seen.note(finding.LEASED, sentence(path, ids), claims.get(path))
        return seen.take()

    def after_teardown(self, *, is_shared: bool) -> list[Finding]:
        """Return what is known when the fixtures of a test have ended.

        is_shared: whether later tests may use what this one has opened; then connections are
            judged at the end.
        """
        if not is_shared:
            self._seen.note_open(self._seen.test)
        found = self._seen.take()
        self._seen.test = ""
        return found

    def so_far(self) -> list[Finding]:
        """Return what was written down since it was last asked for."""
        return self._seen.take()

    def at_end(self) -> list[Finding]:
        """Return what is known when all tests have ended."""
        self._seen.note_open(None)
        return self._seen.take()
