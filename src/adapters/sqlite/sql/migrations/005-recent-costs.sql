-- Sums of the minute that is being booked in a tree of their own: over many accounts every booking changed a row for itself in each of four
-- trees; now it changes one here, and the others once a minute.

-- Cost per minute and account that minute_cost, hour_cost, daily_cost and total_cost do not hold yet: a row of usage that is summed up
-- is either in here or in all four.
CREATE TABLE recent_cost (
  minute INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (minute, account_id)
) STRICT, WITHOUT ROWID;
