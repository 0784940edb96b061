"""The watch: starts and stops, and returns its findings after each part of a test."""

from __future__ import annotations

from pytest_queuekit.watch import finding
from pytest_queuekit.watch.connecting import Connecting
from pytest_queuekit.watch.finding import WatchFinding
from pytest_queuekit.watch.internal_errors import ErrorLog
from pytest_queuekit.watch.leases import Leases, leased_detail
from pytest_queuekit.watch.observations import Observations


class Watch:
    """Watches every QueueDatabase of this process between start() and stop()."""

    def __init__(self) -> None:
        self._observations = Observations()
        self._leases = Leases()
        self._connecting = Connecting(self._observations)

    @property
    def errors(self) -> ErrorLog:
        """The errors of the watch itself; while there are none, the findings are complete."""
        return self._observations.errors

    def start(self) -> None:
        """Start watching."""
        self._connecting.start()
        self._observations.is_on = True

    def stop(self) -> None:
        """Stop watching; open connections keep working unwatched."""
        self._observations.is_on = False
        self._connecting.stop()

    def begin(self, test: str) -> None:
        """Attribute all findings from now on to the test with this node id."""
        self._observations.test = test
        self._observations.is_on = True

    def pause(self) -> None:
        """Ignore all actions until the next begin()."""
        self._observations.is_on = False

    def after_call(self) -> list[WatchFinding]:
        """Return the findings at the end of a test's body."""
        observations = self._observations
        touched, observations.touched = observations.touched, set()
        claims = observations.take_claims()
        for path in sorted(touched):
            with observations.guarded():
                ids = self._leases.new_in(path)
                if ids:
                    detail = leased_detail(path, ids)
                    observations.note(finding.LEASED, detail, claims.get(path))
        return observations.take()

    def after_teardown(self, *, is_shared: bool) -> list[WatchFinding]:
        """Return the findings at the end of a test's fixtures.

        is_shared: True if later tests may use the connections of this test, which are then judged
            at the end of the run.
        """
        if not is_shared:
            self._observations.note_open(self._observations.test)
        findings = self._observations.take()
        self._observations.test = ""
        return findings

    def so_far(self) -> list[WatchFinding]:
        """Return the findings since the previous call."""
        return self._observations.take()

    def at_end(self) -> list[WatchFinding]:
        """Record the connections still open after the last test; return the remaining findings."""
        self._observations.note_open(None)
        return self._observations.take()
