-- Sums by time in place of an index over all usage: a booking then writes its own row and its lease id alone, both at the end of
-- their trees, and the sums follow some thousand rows at a time.

-- How far the sums have come: rows of usage up to this id are in all the tables below, rows after it in none.
CREATE TABLE summed (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  up_to INTEGER NOT NULL
) STRICT;
INSERT INTO summed (only_row, up_to) SELECT 1, coalesce(max(id), 0) FROM usage;

-- Cost per minute, hour and UTC day (each counted from the epoch) and account. The time comes first, so what is summed at once
-- lies together, however many accounts there are.
CREATE TABLE minute_cost (
  minute INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (minute, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO minute_cost (minute, account_id, cost_usd)
SELECT booked_at_ms / 60000, account_id, total(cost_usd) FROM usage GROUP BY 1, 2;

CREATE TABLE hour_cost (
  hour INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (hour, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO hour_cost (hour, account_id, cost_usd)
SELECT minute / 60, account_id, total(cost_usd) FROM minute_cost GROUP BY 1, 2;

-- The sums of days are kept, not made anew: rows of usage may have been deleted since.
ALTER TABLE daily_cost RENAME TO daily_cost_by_account;
CREATE TABLE daily_cost (
  day INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (day, account_id)
) STRICT, WITHOUT ROWID;
INSERT INTO daily_cost (day, account_id, cost_usd)
SELECT day, account_id, cost_usd FROM daily_cost_by_account ORDER BY day, account_id;
DROP TABLE daily_cost_by_account;

-- Where the rows of a minute are, for windows that begin inside one: among the ids from the first to the last, others between them.
CREATE TABLE minute_rows (
  minute INTEGER PRIMARY KEY,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL
) STRICT;
INSERT INTO minute_rows (minute, first_id, last_id)
SELECT booked_at_ms / 60000, min(id), max(id) FROM usage GROUP BY 1;

DROP INDEX usage_by_window;
