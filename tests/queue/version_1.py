"""The schema of version 1, as its queue created it."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE task_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 100,
    payload TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{}',
    compatibility TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{}'
        CONSTRAINT compatibility_is_a_json_object CHECK (
            CASE WHEN json_valid(compatibility)
                THEN json_type(compatibility) = 'object' ELSE 0 END),
    status TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'queued'
        CONSTRAINT status_is_known CHECK (status IN ('queued', 'leased', 'processing',
        'completed', 'failed', 'cancelled')),
    attempts INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
    max_attempts INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 5,
    run_after_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now'))
        CONSTRAINT run_after_utc_reads_like_datetime_now CHECK (run_after_utc GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*'),
    lease_until_utc TEXT
        CONSTRAINT lease_until_utc_reads_like_datetime_now CHECK (lease_until_utc GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*'),
    reserved_at_utc TEXT,
    processing_started_utc TEXT,
    completed_at_utc TEXT
        CONSTRAINT completed_at_utc_reads_like_datetime_now CHECK (completed_at_utc GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*'),
    finished_at_utc TEXT
        CONSTRAINT finished_at_utc_reads_like_datetime_now CHECK (finished_at_utc GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*'),
    locked_by TEXT,
    error_message TEXT,
    result TEXT,
    idempotency_key TEXT,
    created_at_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
    updated_at_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
    lease_token INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
    due_stamp TEXT,
    race_from REAL,
    race_draw REAL,
    region TEXT GENERATED ALWAYS AS (CASE WHEN compatibility = '{}' THEN NULL WHEN
        json_valid(compatibility) THEN json_extract(compatibility, '$.region') END) VIRTUAL,
    format TEXT GENERATED ALWAYS AS (CASE WHEN compatibility = '{}' THEN NULL WHEN
        json_valid(compatibility) THEN json_extract(compatibility, '$.format') END) VIRTUAL,
    route TEXT GENERATED ALWAYS AS (CASE WHEN compatibility = '{}' THEN '{}' WHEN
        json_valid(compatibility) THEN json(compatibility) END) VIRTUAL,
    lease_ends TEXT GENERATED ALWAYS AS (
        CASE WHEN status IN ('leased', 'processing') THEN lease_until_utc END) VIRTUAL,
    race_at REAL GENERATED ALWAYS AS (
        race_from + race_draw * (max(priority, 0) + 1)) VIRTUAL
);
CREATE TABLE workers (
        worker_id TEXT PRIMARY KEY,
        capabilities TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{}',
        heartbeat_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now'))
            CONSTRAINT heartbeat_utc_reads_like_datetime_now CHECK (heartbeat_utc GLOB
        '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*')
    );
CREATE TABLE task_logs (
        log_id INTEGER PRIMARY KEY AUTOINCREMENT,
        task_id INTEGER NOT NULL REFERENCES task_queue (id) ON DELETE CASCADE,
        at_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
        level TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'INFO',
        message TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '',
        details TEXT
    );
CREATE TABLE task_archive (
        id INTEGER PRIMARY KEY,
        task TEXT NOT NULL,
        logs TEXT NOT NULL,
        archived_at_utc TEXT NOT NULL DEFAULT (datetime('now'))
    );
CREATE TABLE weighted_race (route TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE INDEX ready_priority ON task_queue (route, priority, id) WHERE status = 'queued' AND
        due_stamp = run_after_utc;
CREATE INDEX ready_arrival ON task_queue (route, id) WHERE status = 'queued' AND due_stamp =
        run_after_utc;
CREATE INDEX ready_race ON task_queue (route, race_at) WHERE status = 'queued' AND due_stamp =
        run_after_utc;
CREATE INDEX pending_priority ON task_queue (run_after_utc, route, priority, id) WHERE status =
        'queued' AND due_stamp IS NOT run_after_utc;
CREATE INDEX pending_arrival ON task_queue (run_after_utc, route, id) WHERE status = 'queued' AND
        due_stamp IS NOT run_after_utc;
CREATE INDEX lease_end ON task_queue (lease_ends) WHERE lease_ends IS NOT NULL;
CREATE INDEX status_priority ON task_queue (status, priority);
CREATE INDEX status_completed ON task_queue (status, completed_at_utc) WHERE completed_at_utc IS
        NOT NULL;
CREATE UNIQUE INDEX idempotency ON task_queue (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX log_task ON task_logs (task_id);
CREATE INDEX worker_heartbeat ON workers (heartbeat_utc);
CREATE TRIGGER finish_inserted AFTER INSERT ON task_queue
    WHEN NEW.completed_at_utc IS NOT NEW.finished_at_utc
        OR (NEW.status IN ('completed', 'failed', 'cancelled') AND NEW.completed_at_utc IS NULL)
    BEGIN
        UPDATE task_queue SET completed_at_utc = coalesce(NEW.completed_at_utc,
        NEW.finished_at_utc, datetime('now')), finished_at_utc = coalesce(NEW.completed_at_utc,
        NEW.finished_at_utc, datetime('now'))
        WHERE id = NEW.id;
    END;
CREATE TRIGGER finish_without_time AFTER UPDATE OF status ON task_queue
    WHEN NEW.status IN ('completed', 'failed', 'cancelled') AND NEW.completed_at_utc IS NULL
    BEGIN
        UPDATE task_queue SET completed_at_utc = coalesce(NEW.completed_at_utc,
        NEW.finished_at_utc, datetime('now')), finished_at_utc = coalesce(NEW.completed_at_utc,
        NEW.finished_at_utc, datetime('now'))
        WHERE id = NEW.id;
    END;
CREATE TRIGGER finish_updated
    AFTER UPDATE OF completed_at_utc, finished_at_utc ON task_queue
    WHEN NEW.completed_at_utc IS NOT NEW.finished_at_utc
    BEGIN
        UPDATE task_queue
        SET completed_at_utc = CASE WHEN NEW.completed_at_utc IS NOT OLD.completed_at_utc
                THEN NEW.completed_at_utc ELSE NEW.finished_at_utc END,
            finished_at_utc = CASE WHEN NEW.completed_at_utc IS NOT OLD.completed_at_utc
                THEN NEW.completed_at_utc ELSE NEW.finished_at_utc END
        WHERE id = NEW.id;
    END;
CREATE TRIGGER due_inserted AFTER INSERT ON task_queue
    WHEN NEW.status = 'queued' AND NEW.due_stamp IS NULL AND NEW.run_after_utc <= datetime('now')
    BEGIN
        UPDATE task_queue
        SET due_stamp = run_after_utc, race_from = coalesce((SELECT at FROM weighted_race WHERE
        weighted_race.route = task_queue.route), 0.0), race_draw = (0.6931471805599453 * ((CASE
        WHEN random() & 1 THEN 0 WHEN random() & 1 THEN 1 WHEN random() & 1 THEN 2 WHEN random() &
        1 THEN 3 WHEN random() & 1 THEN 4 WHEN random() & 1 THEN 5 WHEN random() & 1 THEN 6 WHEN
        random() & 1 THEN 7 WHEN random() & 1 THEN 8 WHEN random() & 1 THEN 9 WHEN random() & 1
        THEN 10 WHEN random() & 1 THEN 11 WHEN random() & 1 THEN 12 WHEN random() & 1 THEN 13 WHEN
        random() & 1 THEN 14 WHEN random() & 1 THEN 15 WHEN random() & 1 THEN 16 WHEN random() & 1
        THEN 17 WHEN random() & 1 THEN 18 WHEN random() & 1 THEN 19 WHEN random() & 1 THEN 20 WHEN
        random() & 1 THEN 21 WHEN random() & 1 THEN 22 WHEN random() & 1 THEN 23 WHEN random() & 1
        THEN 24 WHEN random() & 1 THEN 25 WHEN random() & 1 THEN 26 WHEN random() & 1 THEN 27 WHEN
        random() & 1 THEN 28 WHEN random() & 1 THEN 29 WHEN random() & 1 THEN 30 WHEN random() & 1
        THEN 31 ELSE 32 END) + (CASE WHEN ((random() & 4294967295) / 4294967296.0) <
        0.6931471805599453 THEN ((random() & 4294967295) / 4294967296.0) WHEN ((random() &
        4294967295) / 4294967296.0) < 0.7828735 THEN min(((random() & 4294967295) / 4294967296.0),
        ((random() & 4294967295) / 4294967296.0)) WHEN ((random() & 4294967295) / 4294967296.0) <
        0.833058 THEN min(((random() & 4294967295) / 4294967296.0), ((random() & 4294967295) /
        4294967296.0), ((random() & 4294967295) / 4294967296.0)) WHEN ((random() & 4294967295) /
        4294967296.0) < 0.8648172 THEN min(((random() & 4294967295) / 4294967296.0), ((random() &
        4294967295) / 4294967296.0), ((random() & 4294967295) / 4294967296.0), ((random() &
        4294967295) / 4294967296.0)) ELSE min(((random() & 4294967295) / 4294967296.0), ((random()
        & 4294967295) / 4294967296.0), ((random() & 4294967295) / 4294967296.0), ((random() &
        4294967295) / 4294967296.0), ((random() & 4294967295) / 4294967296.0)) END)))
        WHERE id = NEW.id;
    END;
PRAGMA user_version=1;
"""
