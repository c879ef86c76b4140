-- Agents: the model's turns and the tool calls that they asked for (taskgate/store/journal.hpp).

CREATE TABLE turns (
  tenant       TEXT    NOT NULL,
  id           BLOB    NOT NULL,
  turn         INTEGER NOT NULL CHECK (turn >= 1),
  response     TEXT    NOT NULL,
  served_model TEXT    NOT NULL,
  usage        TEXT    NOT NULL,
  started_at   INTEGER NOT NULL,
  committed_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, id, turn)
) STRICT, WITHOUT ROWID;

-- One row for each call that a model asked for. An alias has the key of the call whose intent it
-- repeats, and that call's row holds the state of both.
CREATE TABLE tool_calls (
  tenant              TEXT    NOT NULL,
  id                  BLOB    NOT NULL,
  turn                INTEGER NOT NULL,
  ord                 INTEGER NOT NULL,
  provider_call_id    TEXT    NOT NULL,
  tool                TEXT    NOT NULL,
  tool_version        TEXT    NOT NULL,
  effect              INTEGER NOT NULL CHECK (effect BETWEEN 0 AND 1),
  arguments           TEXT    NOT NULL,
  arguments_hash      BLOB    NOT NULL CHECK (length(arguments_hash) = 32),
  occurrence          INTEGER NOT NULL,
  call_key            TEXT,
  alias               INTEGER NOT NULL,
  state               INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6),
  fence               INTEGER NOT NULL,
  attempts            INTEGER NOT NULL CHECK (attempts >= 0),
  first_dispatched_at INTEGER,
  dispatched_at       INTEGER,
  outcome             TEXT    NOT NULL,
  outcome_at          INTEGER,
  evidence            TEXT    NOT NULL,
  resolved_by         TEXT    NOT NULL,
  late                INTEGER NOT NULL,
  asked               INTEGER NOT NULL,
  PRIMARY KEY (tenant, id, turn, ord),
  CHECK (state <> 3 OR (fence > 0 AND attempts > 0 AND dispatched_at IS NOT NULL)),
  CHECK (call_key IS NOT NULL OR state = 5),  -- without a key it was refused, and never sent
  CHECK (asked = 0 OR state IN (1, 6))
) STRICT, WITHOUT ROWID;

-- One intent, one row that may be sent.
CREATE UNIQUE INDEX tool_calls_by_key ON tool_calls (tenant, id, call_key)
  WHERE alias = 0 AND call_key IS NOT NULL;

-- The public id of the task that this one tries again.
ALTER TABLE tasks ADD COLUMN retry_of TEXT;
-- What a waiting task asks.
ALTER TABLE tasks ADD COLUMN required_input TEXT CHECK (status = 2 OR required_input IS NULL);
