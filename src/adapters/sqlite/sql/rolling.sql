-- Rows of recent_cost that are on their way to the sums by minute, hour, day and for ever; empty but within a transaction.
CREATE TEMP TABLE IF NOT EXISTS rolling (
  minute INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  cost_usd REAL NOT NULL
) STRICT;
