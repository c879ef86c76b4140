-- What the model was told of a call that was sent again in a later turn, for a call that repeats it.
ALTER TABLE tool_calls ADD COLUMN told TEXT NOT NULL DEFAULT '';
