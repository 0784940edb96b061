"""Examples for FORK: processes that fork with an open instance."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "FORK-1": Example(
        wrong="""
            ahead = []  # claimed ahead, five at a time; a forked child has a copy
            def claim(self, worker):
                if not self.ahead:
                    self.ahead = self.claim_many(worker, 5)
                return self.ahead.pop(0) if self.ahead else None
        """,
        right="""
            def claim(self, worker):
                with self.transaction():  # one task, when a worker asks for it
                    task_id = self.first_waiting()
                    return task_id and self.take(task_id, worker)
        """,
        proof="""
              0.022 s  parent  claim → before-1
              0.031 s  parent  claim → before-2
            ▶ 0.034 s  child   claim → before-2  expected: another task
        """,
    ),
    "FORK-2": Example(
        wrong="""
            def run(self, sql, **values):
                # a forked child writes through its parent's connection; the end of
                # the parent deletes the log that the child writes to
                return super().run(sql, **values)
        """,
        right="""
            def run(self, sql, **values):
                if os.getpid() != self.pid:  # of the process that opened the instance
                    raise RefusedError("this instance was opened before a fork")
                return super().run(sql, **values)
        """,
        proof="""
              0.021 s  child      enqueue child-10 → ok
              0.340 s  child      enqueue late-10  → ok
            ▶ 0.409 s  collector  claim            → empty  expected: child-10
        """,
    ),
    "FORK-3": Example(
        wrong="""
            def run(self, sql, **values):
                while True:  # until the lock is free, which a child never sees
                    with suppress(BusyError):
                        return super().run(sql, **values)
        """,
        right="""
            def run(self, sql, **values):
                if os.getpid() != self.pid:  # of the process that opened the instance
                    raise RefusedError("this instance was opened before a fork")
                return super().run(sql, **values)
        """,
        proof="""
              0.004 s  parent  enqueue before  → ok
            ▶ 0.017 s  child   enqueue child-1 → no answer  expected: ok or an error
              0.320 s  parent  enqueue parent-1 → ok
        """,
    ),
    "FORK-4": Example(
        wrong="""
            def close(self):
                self.give_back(self.taken)  # in a child, the tasks of its parent too
                super().close()
        """,
        right="""
            def close(self):
                if os.getpid() == self.pid:  # of the process that opened the instance
                    self.give_back(self.taken)
                super().close()
        """,
        proof="""
              0.021 s  parent  claim → before-1
              0.098 s  child   close → ok
            ▶ 0.105 s  parent  claim → before-1  expected: another task
        """,
    ),
}
