"""The actor stops for a while, and then continues."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass

from pytest_queuekit.execution.faults.fault import Fault, Setting, Surroundings

# It goes on until it is killed: a signal that comes before the stop has no effect.
_ALARM = """
import os, signal, sys, time
time.sleep(float(sys.argv[1]))
while os.getppid() == int(sys.argv[2]):
    os.kill(int(sys.argv[2]), signal.SIGCONT)
    time.sleep(0.05)
"""


@dataclass(frozen=True, kw_only=True)
class Pause(Fault):
    """All threads of the actor's process stop; an actor without a process waits between two calls.

    seconds: how long the pause lasts, at least.
    notices: how many times the pause lasts as long again as the queue may take to notice a dead
        worker.
    """

    kind = "pause"
    seconds: float
    notices: float = 0.0

    def obstacle(self, setting: Setting) -> str:
        """Return the obstacle on Windows, which cannot stop a process."""
        if setting.own_process and not hasattr(signal, "SIGSTOP"):
            return "needs signals, which this system does not have"
        return ""

    def strike(self, world: Surroundings) -> None:
        """Stop this process until a helper process wakes it, or wait by the clock of the run."""
        seconds = self.seconds + self.notices * world.recorder.contract.notice
        if not world.setting.own_process:
            world.clock.wait(seconds)
            return
        command = [sys.executable, "-I", "-S", "-c", _ALARM, str(seconds), str(os.getpid())]
        alarm = subprocess.Popen(command)  # noqa: S603 - this interpreter, our own text
        try:
            # To this thread: sent to the process, it may take effect after the `finally` below.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        finally:
            alarm.kill()
            alarm.wait()
