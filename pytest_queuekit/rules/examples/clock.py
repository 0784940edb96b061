"""Examples for CLOCK: changes of local time, other time zones and a clock that is set."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "CLOCK-1": Example(
        language="sql",
        wrong="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND datetime(due, 'unixepoch', 'localtime')
                <= datetime(:now, 'unixepoch', 'localtime')
            ORDER BY priority, id LIMIT 1
        """,
        right="""
            -- claim: choose the task
            SELECT id FROM task
            WHERE state = 'queued' AND due <= :now
            ORDER BY priority, id LIMIT 1
        """,
        proof="""
              11439799.750 s  producer  enqueue autumn-east-before-1 → ok
            ▶ 11440459.752 s  worker    claim → empty  expected: autumn-east-before-1
              11443699.754 s  worker    claim → autumn-east-before-1
        """,
    ),
    "CLOCK-2": Example(
        wrong="""
            def due(self, delay):  # both times are local and have no zone
                return (datetime.now() + timedelta(seconds=delay)).timestamp()
        """,
        right="""
            def due(self, delay):
                return time.time() + delay
        """,
        proof="""
              11441000.750 s  producer  enqueue autumn-east-100-20 → ok  delay 1200 s
            ▶ 11441000.757 s  worker    claim → autumn-east-100-20  too early
              11441000.760 s  worker    complete autumn-east-100-20 → ok
        """,
    ),
    "CLOCK-3": Example(
        wrong="""
            def lease_end(self, lease):  # both times are local and have no zone
                return (datetime.now() + timedelta(seconds=lease)).timestamp()
        """,
        right="""
            def lease_end(self, lease):
                return time.time() + lease
        """,
        proof="""
              11440369.754 s  vanished  claim → autumn-east-abandoned  for 60 s
              11440429.838 s  keeper    reclaim → ok
            ▶ 11440430.904 s  heir      claim → empty  expected: the task
        """,
    ),
    "CLOCK-4": Example(
        wrong="""
            def wait(self, failures):  # 1 s, 2 s, 4 s
                wait = timedelta(seconds=2 ** (failures - 1))
                return (datetime.now() + wait).timestamp() - time.time()
        """,
        right="""
            def wait(self, failures):  # 1 s, 2 s, 4 s
                return 2 ** (failures - 1)
        """,
        proof="""
              11440399.252 s  worker  claim → autumn-east-failed
              11440399.254 s  worker  fail autumn-east-failed → ok  again in 1 s
            ▶ 11440400.323 s  worker  claim → empty  expected: the task
        """,
    ),
    "CLOCK-5": Example(
        wrong="""
            def due(self, delay):  # seconds of local time
                local = datetime.now() - datetime(1970, 1, 1)
                return local.total_seconds() + delay
        """,
        right="""
            def due(self, delay):  # seconds since the epoch
                return time.time() + delay
        """,
        proof="""
              0.002 s  producer-east  enqueue east-1 → ok
              0.006 s  worker-west    open           → ok     23 hours behind
            ▶ 0.008 s  worker-west    claim          → empty  expected: east-1
        """,
    ),
    "CLOCK-6": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (:payload, strftime('%s', 'now', 'localtime') + :delay)
            RETURNING id
        """,
        right="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (:payload, :now + :delay)
            RETURNING id
        """,
        proof="""
              2.074 s  producer-west  enqueue task-2 → ok      delay 2 s
              2.076 s  worker-east    open           → ok
            ▶ 2.078 s  worker-east    claim          → task-2  expected: empty
        """,
    ),
    "CLOCK-7": Example(
        wrong="""
            def lease_end(self, lease):  # mktime() takes a local time
                return time.mktime(time.gmtime()) + lease
        """,
        right="""
            def lease_end(self, lease):
                return time.time() + lease
        """,
        proof="""
               0.006 s  holder-east  claim → task-1  lease until 60.006 s
               0.008 s  other-west   open  → ok
            ▶ 30.014 s  other-west   claim → task-1  expected: empty
        """,
    ),
    "CLOCK-8": Example(
        language="sql",
        wrong="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = strftime('%s', 'now', 'localtime') + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        right="""
            -- fail
            UPDATE task SET error = :error, attempts = attempts + 1,
                due = :now + wait(attempts + 1),
                state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')
            WHERE id = :id AND state = 'leased' AND token = :token
        """,
        proof="""
              1.082 s  worker-west  claim       → task-2
              1.084 s  worker-west  fail task-2 → ok      again in 1 s
            ▶ 1.086 s  worker-east  claim       → task-2  expected: empty
        """,
    ),
    "CLOCK-9": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT OR REPLACE INTO task (id, payload, due)
            VALUES (CAST(:now * 1000 AS INTEGER), :payload, :due)
            RETURNING id
        """,
        right="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (:payload, :due)
            RETURNING id
        """,
        proof="""
                 0.054 s  producer   enqueue before-1 → ok
               600.064 s  producer   enqueue again-1  → ok     the same millisecond
               600.075 s  worker     claim            → again-1
            ▶ 8400.207 s  collector  claim            → empty  expected: before-1
        """,
    ),
    "CLOCK-10": Example(
        wrong="""
            def claim(self, worker):  # what is half a day old can only be left over
                self.run("DELETE FROM task WHERE due < :now - 43200")
                task_id = self.first_waiting()
                return None if task_id is None else self.take(task_id, worker)
        """,
        right="""
            def claim(self, worker):
                task_id = self.first_waiting()
                return None if task_id is None else self.take(task_id, worker)
        """,
        proof="""
                0.028 s  producer   enqueue waiting-2   → ok
                0.040 s  producer   enqueue after-a-day → ok
            ▶ 601.184 s  collector  claim               → empty  expected: waiting-2
        """,
    ),
}
