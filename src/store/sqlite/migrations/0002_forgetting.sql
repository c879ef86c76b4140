-- Rows of purged tasks, which are forgotten a while after their content has expired.
CREATE INDEX tasks_purged ON tasks (expires_at) WHERE purged = 1;
