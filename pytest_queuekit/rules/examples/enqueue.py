"""Examples for ENQUEUE: payloads and batches."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_queuekit.rules.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    "ENQUEUE-1": Example(
        wrong="""
            def enqueue(self, payload):
                if self.count("queued") < 9:  # the queue is full: drop the task
                    return self.insert(payload)
        """,
        right="""
            def enqueue(self, payload):
                if self.count("queued") >= 10_000:
                    raise RefusedError("the queue is full (10000 tasks)")
                return self.insert(payload)
        """,
        proof="""
              0.018 s  producer   enqueue task-9  → ok
              0.020 s  producer   enqueue task-10 → ok
              0.067 s  collector  claim           → task-9
            ▶ 0.072 s  collector  claim           → empty  expected: task-10
        """,
    ),
    "ENQUEUE-2": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT OR REPLACE INTO task (id, payload, due)  -- may replace a task
            SELECT count(*) + 1, :payload, :now FROM task WHERE state <> 'completed'
            RETURNING id
        """,
        right="""
            -- enqueue
            INSERT INTO task (payload, due)  -- AUTOINCREMENT never reuses an id
            VALUES (:payload, :now)
            RETURNING id
        """,
        proof="""
              0.010 s  producer   enqueue task-1-second → ok
              0.012 s  producer   enqueue task-2        → ok
              0.014 s  worker     claim                 → task-1-second
              0.049 s  collector  claim                 → task-5-second
            ▶ 0.054 s  collector  claim                 → empty  expected: task-2
        """,
    ),
    "ENQUEUE-3": Example(
        wrong="""
            def decode(self, column):
                return json.loads(column, parse_float=Decimal)  # 0.1 becomes a Decimal
        """,
        right="""
            def decode(self, column):
                return json.loads(column)
        """,
        proof="""
              0.020 s  producer   enqueue float  → ok     sent 0.1
            ▶ 0.094 s  collector  claim          → float  received Decimal('0.1')
              0.097 s  collector  complete float → ok
        """,
    ),
    "ENQUEUE-4": Example(
        wrong="""
            def encode(self, payload):
                return json.dumps(payload, default=str)  # a set becomes the text "{1}"
        """,
        right="""
            def encode(self, payload):
                text = json.dumps(payload, allow_nan=False)
                if repr(json.loads(text)) != repr(payload):  # a tuple, a key that is 1
                    raise RefusedError(f"payload={payload!r:.40} is not plain JSON")
                return text
        """,
        proof="""
              0.026 s  producer   enqueue set  → ok   sent {1}
            ▶ 0.089 s  collector  claim        → set  received "{1}"
              0.092 s  collector  complete set → ok
        """,
    ),
    "ENQUEUE-5": Example(
        wrong="""
            def encode(self, payload):
                return payload.strip()
        """,
        right="""
            def encode(self, payload):
                return payload
        """,
        proof=r"""
              0.008 s  producer   enqueue spaces  → ok      sent '  before … after \n'
            ▶ 0.036 s  collector  claim           → spaces  received '  before … after'
              0.039 s  collector  complete spaces → ok
        """,
    ),
    "ENQUEUE-6": Example(
        wrong="""
            def encode(self, payload):
                return payload.encode("utf-8", "replace").decode()  # writes "?"
        """,
        right=r"""
            def encode(self, payload):
                if any("\ud800" <= letter <= "\udfff" for letter in payload):
                    raise RefusedError("the payload has a surrogate, which UTF-8 lacks")
                return payload
        """,
        proof=r"""
              0.004 s  producer   enqueue lone-surrogate  → ok              sent \ud800
            ▶ 0.018 s  collector  claim                   → lone-surrogate  received ?
              0.021 s  collector  complete lone-surrogate → ok
        """,
    ),
    "ENQUEUE-7": Example(
        wrong="""
            def encode(self, payload):
                return payload.decode("utf-8", "ignore")  # for a column of text

            def decode(self, column):
                return column.encode()
        """,
        right="""
            def encode(self, payload):
                return payload  # for a column of type BLOB

            def decode(self, column):
                return column
        """,
        proof="""
              0.004 s  producer   enqueue all  → ok   sent bytes 00 to ff
            ▶ 0.024 s  collector  claim        → all  received bytes 00 to 7f
              0.027 s  collector  complete all → ok
        """,
    ),
    "ENQUEUE-8": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (substr(:payload, 1, 65535), :now)
            RETURNING id
        """,
        right="""
            -- enqueue
            INSERT INTO task (payload, due)
            VALUES (:payload, :now)
            RETURNING id
        """,
        proof="""
              0.002 s  producer   enqueue large  → ok     sent 1,000,000 characters
            ▶ 0.009 s  collector  claim          → large  received 65,535 characters
              0.012 s  collector  complete large → ok
        """,
    ),
    "ENQUEUE-9": Example(
        wrong="""
            def enqueue_many(self, payloads):
                for chunk in range(len(payloads) // 8):  # loses the last, short chunk
                    for payload in payloads[8 * chunk : 8 * chunk + 8]:
                        self.insert(payload)
        """,
        right="""
            def enqueue_many(self, payloads):
                with self.transaction():
                    return [self.insert(payload) for payload in payloads]
        """,
        proof="""
              0.002 s  producer   enqueue batch-16 → ok     a batch of 20
              0.002 s  producer   enqueue batch-17 → ok     in the same batch
              0.088 s  collector  claim            → batch-16
              0.093 s  collector  claim            → single
            ▶ 0.098 s  collector  claim            → empty  expected: batch-17
        """,
    ),
    "ENQUEUE-10": Example(
        language="sql",
        wrong="""
            -- enqueue
            INSERT INTO task (payload, due) SELECT :payload, :now
            WHERE :payload NOT IN (SELECT payload FROM task WHERE state = 'queued')
            RETURNING id
        """,
        right="""
            -- enqueue
            INSERT INTO task (payload, due)  -- only a key makes two enqueues one task
            VALUES (:payload, :now)
            RETURNING id
        """,
        proof="""
              0.004 s  producer   enqueue twin → ok
              0.006 s  producer   enqueue twin → ok
              0.008 s  worker     claim        → twin
              0.023 s  collector  claim        → twin   enqueued after the first claim
            ▶ 0.028 s  collector  claim        → empty  expected: twin
        """,
    ),
    "ENQUEUE-11": Example(
        wrong="""
            def encode(self, payload):
                return json.dumps(payload)  # a tuple comes back as a list
        """,
        right="""
            def encode(self, payload):
                text = json.dumps(payload)
                if repr(json.loads(text)) != repr(payload):
                    raise RefusedError(f"payload={payload!r:.40} is not plain JSON")
                return text
        """,
        proof="""
              0.004 s  producer   enqueue tuple  → ok     sent (1, 2)
            ▶ 0.023 s  collector  claim          → tuple  received [1, 2]
              0.026 s  collector  complete tuple → ok
        """,
    ),
    "ENQUEUE-12": Example(
        wrong="""
            def encode(self, payload):
                return json.dumps(payload, default=str)

            def decode(self, column):
                return json.loads(column)
        """,
        right="""
            def encode(self, payload):
                return pickle.dumps(payload)

            def decode(self, column):
                return pickle.loads(column)
        """,
        proof="""
              0.004 s  producer   enqueue tuple  → ok     sent (1, 2)
            ▶ 0.023 s  collector  claim          → tuple  received [1, 2]
              0.026 s  collector  complete tuple → ok
        """,
    ),
    "ENQUEUE-13": Example(
        wrong="""
            def encode(self, payload):
                try:
                    return pickle.dumps(payload)
                except (AttributeError, TypeError, pickle.PicklingError):
                    plain = json.loads(json.dumps(payload, default=str))
                    return pickle.dumps(plain)
        """,
        right="""
            def encode(self, payload):
                try:
                    return pickle.dumps(payload)
                except (AttributeError, TypeError, pickle.PicklingError) as error:
                    raise RefusedError(f"payload={payload!r:.40}") from error
        """,
        proof="""
              0.004 s  producer   enqueue function  → ok        sent a function
            ▶ 0.023 s  collector  claim             → function  received its text
              0.026 s  collector  complete function → ok
        """,
    ),
}
