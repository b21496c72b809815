-- Usage, one row a lease, and the sums kept with it.

CREATE TABLE usage (
  id INTEGER PRIMARY KEY,
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

-- Holds the cost too, so a window is summed from the index alone.
CREATE INDEX usage_by_window ON usage (account_id, booked_at_ms, cost_usd);

-- Cost per account and UTC day (days since the epoch): today and this week are at most seven rows.
CREATE TABLE daily_cost (
  account_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

-- Cost per account, ever.
CREATE TABLE total_cost (
  account_id TEXT NOT NULL PRIMARY KEY,
  cost_usd REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- Scratch for check-write.sql.
CREATE TABLE write_check (
  id INTEGER PRIMARY KEY,
  filler BLOB NOT NULL
) STRICT;
