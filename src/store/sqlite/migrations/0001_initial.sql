-- Times are milliseconds since 1970-01-01 UTC. Tenant and task id lead every key that belongs to a
-- task. Status, event type and delivery state are the numbers of taskgate/core and taskgate/store.

CREATE TABLE meta (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  generation INTEGER NOT NULL,  -- lives of a process on this database
  probe      INTEGER NOT NULL   -- written to learn whether the disk is well again
) STRICT;
INSERT INTO meta (only_row, generation, probe) VALUES (1, 0, 0);

-- Narrow on purpose: rewritten at every step of a task's life. Bodies are in task_requests, events.
CREATE TABLE tasks (
  tenant           TEXT    NOT NULL,
  id               BLOB    NOT NULL,
  status           INTEGER NOT NULL,
  last_seq         INTEGER NOT NULL,
  fence            INTEGER NOT NULL,
  webhook_mask     INTEGER NOT NULL,
  attempts         INTEGER NOT NULL,
  failures         INTEGER NOT NULL,
  priority         INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  purged           INTEGER NOT NULL,
  progress         REAL    NOT NULL,
  created_at       INTEGER NOT NULL,
  not_before       INTEGER,
  deadline         INTEGER,
  started_at       INTEGER,
  finished_at      INTEGER,
  expires_at       INTEGER,
  model            TEXT    NOT NULL,
  client_id        TEXT,
  metadata         TEXT    NOT NULL,
  tags             TEXT    NOT NULL,
  PRIMARY KEY (tenant, id),
  CHECK (length(id) = 16),
  CHECK (status BETWEEN 0 AND 2 OR status BETWEEN 10 AND 14),  -- IN would cost a temporary table
  CHECK ((finished_at IS NOT NULL) = (status >= 10)),
  CHECK (status <> 1 OR (started_at IS NOT NULL AND fence > 0 AND attempts > 0)),
  CHECK (failures BETWEEN 0 AND attempts),
  CHECK (last_seq >= 1),
  CHECK (priority BETWEEN 0 AND 9),
  CHECK (progress BETWEEN 0.0 AND 1.0),
  CHECK (purged = 0 OR status >= 10)
) STRICT, WITHOUT ROWID;

-- Live tasks. By finished_at and not by status, which is the same (see the CHECK) but leaves the
-- index alone when a task starts or is requeued.
CREATE INDEX tasks_live ON tasks (tenant, id) WHERE finished_at IS NULL;
-- What retention will purge: a row enters when its task ends, never at accept.
CREATE INDEX tasks_expiring ON tasks (expires_at) WHERE finished_at IS NOT NULL AND purged = 0;

CREATE TABLE task_requests (
  tenant      TEXT NOT NULL,
  id          BLOB NOT NULL,
  webhook_url TEXT,
  body        TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- Ids that clients chose (PUT), for as long as the task's row lives.
CREATE TABLE client_ids (
  tenant    TEXT NOT NULL,
  client_id TEXT NOT NULL,
  id        BLOB NOT NULL,
  PRIMARY KEY (tenant, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  tenant TEXT    NOT NULL,
  id     BLOB    NOT NULL,
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  type   INTEGER NOT NULL,
  data   TEXT    NOT NULL,
  PRIMARY KEY (tenant, id, seq)
) STRICT, WITHOUT ROWID;

-- Idempotency records by digest (of tenant, route and key: see sqlite/idempotency.hpp). They are
-- random, and a random insert dirties a page of its own: new ones gather in idempotency_recent, in
-- order of arrival, and move here many at a time in order of digest.
CREATE TABLE idempotency (
  digest      BLOB    NOT NULL PRIMARY KEY,
  id          BLOB    NOT NULL,
  fingerprint BLOB    NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- By the minute: within one the index is in order of digest, as the records arrive here.
CREATE INDEX idempotency_expiring ON idempotency (expires_at / 60000);

CREATE TABLE idempotency_recent (
  number      INTEGER PRIMARY KEY,
  digest      BLOB    NOT NULL,
  id          BLOB    NOT NULL,
  fingerprint BLOB    NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;

-- The outbox: a row commits with the event that it announces.
CREATE TABLE deliveries (
  id              INTEGER PRIMARY KEY,
  tenant          TEXT    NOT NULL,
  task_id         BLOB    NOT NULL,
  seq             INTEGER NOT NULL,
  type            INTEGER NOT NULL,
  url             TEXT    NOT NULL,
  state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  attempts        INTEGER NOT NULL CHECK (attempts >= 0),
  created_at      INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  last_status     INTEGER,
  last_error      TEXT    NOT NULL
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (next_attempt_at) WHERE state = 0;
CREATE INDEX deliveries_of_tenant ON deliveries (tenant);
CREATE INDEX deliveries_of_task ON deliveries (tenant, task_id);

CREATE TABLE delivery_attempts (
  delivery_id     INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  number          INTEGER NOT NULL,
  at              INTEGER NOT NULL,
  duration_ms     INTEGER NOT NULL,
  http_status     INTEGER,
  error           TEXT    NOT NULL,
  state           INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_secrets (
  tenant TEXT    NOT NULL,
  number INTEGER NOT NULL,  -- greater is newer
  secret TEXT    NOT NULL,
  PRIMARY KEY (tenant, number)
) STRICT, WITHOUT ROWID;

-- The secret itself is never stored: its SHA-256 is.
CREATE TABLE api_keys (
  id          TEXT    NOT NULL PRIMARY KEY,
  tenant      TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  secret_hash BLOB    NOT NULL CHECK (length(secret_hash) = 32),
  scopes      INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER,
  revoked_at  INTEGER
) STRICT, WITHOUT ROWID;
