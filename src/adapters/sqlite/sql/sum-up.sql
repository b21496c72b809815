-- Adds the rows of usage that no sum holds yet to the recent sums, and their leases to those that are found by id. To be run as one
-- transaction, statement by statement.
INSERT INTO recent_cost (minute, account_id, cost_usd)
SELECT booked_at_ms / 60000, account_id, total(cost_usd)
FROM usage
WHERE id > (SELECT up_to FROM summed)
GROUP BY 1, 2
ON CONFLICT (minute, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

-- Where the rows of each minute are.
INSERT INTO minute_rows (minute, first_id, last_id)
SELECT booked_at_ms / 60000, min(id), max(id)
FROM usage
WHERE id > (SELECT up_to FROM summed)
GROUP BY 1
ON CONFLICT (minute) DO UPDATE SET last_id = excluded.last_id;

INSERT INTO lease (lease_id, usage_id)
SELECT lease_id, id FROM usage WHERE id > (SELECT up_to FROM summed) ORDER BY lease_id
ON CONFLICT (lease_id) DO NOTHING;

UPDATE summed SET up_to = max(up_to, coalesce((SELECT max(id) FROM usage), 0));
