-- Usage on its way to a store that sidecars share. It is sent in the order of its ids.

CREATE TABLE spool (
  -- Never given out twice, also where the newest row was deleted: ids are what is told of how far the spool has arrived.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  lease_id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  model TEXT NOT NULL,
  booked_at_ms INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_creation_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL
) STRICT;

-- Holds the cost too (and the id, as every index does), so sums are read from the index alone.
CREATE INDEX spool_by_account ON spool (account_id, booked_at_ms, cost_usd);

-- Which spool this is among all sidecars', and the last id the shared store has confirmed. Rows up to it are kept for a while.
CREATE TABLE spool_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  spool_id TEXT NOT NULL,
  sent_up_to INTEGER NOT NULL
) STRICT;
INSERT INTO spool_state (only_row, spool_id, sent_up_to) VALUES (1, lower(hex(randomblob(16))), 0);

-- What the shared store refuses to take however often it is sent, with its reason. For people to look at.
CREATE TABLE spool_refused (
  id INTEGER PRIMARY KEY,
  reason TEXT NOT NULL,
  lease_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  model TEXT NOT NULL,
  booked_at_ms INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_creation_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL
) STRICT;
