-- Whether an answer was right, by the word of whoever asked for it. Lives as long as the task's row;
-- the note is content and goes with it.
CREATE TABLE labels (
  tenant  TEXT    NOT NULL,
  id      BLOB    NOT NULL,
  at      INTEGER NOT NULL,
  correct INTEGER NOT NULL CHECK (correct BETWEEN 0 AND 1),
  route   TEXT    NOT NULL,  -- what its score is calibrated with
  score   REAL,              -- the raw confidence; NULL: the answer had none
  note    TEXT,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
