-- Adds sums to the recent ones: ?1 is a JSON array with [minute, account_id, cost_usd] for each.
INSERT INTO recent_cost (minute, account_id, cost_usd)
SELECT value ->> 0, value ->> 1, value ->> 2
FROM json_each(?1)
WHERE true
ON CONFLICT (minute, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;
