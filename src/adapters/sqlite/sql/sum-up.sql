-- Adds the rows of usage that no sum holds yet to the sums, and their leases to those that are found by id. To be run as one
-- transaction.
CREATE TEMP TABLE IF NOT EXISTS fresh (
  minute INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  cost_usd REAL NOT NULL,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL
) STRICT;
INSERT INTO fresh (minute, account_id, cost_usd, first_id, last_id)
SELECT booked_at_ms / 60000, account_id, total(cost_usd), min(id), max(id)
FROM usage
WHERE id > (SELECT up_to FROM summed)
GROUP BY 1, 2;

INSERT INTO minute_cost (minute, account_id, cost_usd)
SELECT minute, account_id, cost_usd FROM fresh WHERE true
ON CONFLICT (minute, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO hour_cost (hour, account_id, cost_usd)
SELECT minute / 60, account_id, total(cost_usd) FROM fresh GROUP BY 1, 2
ON CONFLICT (hour, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO daily_cost (day, account_id, cost_usd)
SELECT minute / 1440, account_id, total(cost_usd) FROM fresh GROUP BY 1, 2
ON CONFLICT (day, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO total_cost (account_id, cost_usd)
SELECT account_id, total(cost_usd) FROM fresh GROUP BY 1
ON CONFLICT (account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO minute_rows (minute, first_id, last_id)
SELECT minute, min(first_id), max(last_id) FROM fresh GROUP BY 1
ON CONFLICT (minute) DO UPDATE SET last_id = excluded.last_id;

INSERT INTO lease (lease_id, usage_id)
SELECT lease_id, id FROM usage WHERE id > (SELECT up_to FROM summed) ORDER BY lease_id
ON CONFLICT (lease_id) DO NOTHING;

UPDATE summed SET up_to = max(up_to, coalesce((SELECT max(last_id) FROM fresh), 0));

DELETE FROM fresh;
