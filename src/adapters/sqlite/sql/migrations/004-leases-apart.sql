-- Lease ids in a tree of their own, which follows usage as the sums do. As a constraint of usage it had every booking write to a page for
-- each lease, far apart where leases are held for long; now a booking is written at the end of usage alone.

CREATE TABLE lease (
  lease_id TEXT NOT NULL PRIMARY KEY,
  -- Its row of usage.
  usage_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO lease (lease_id, usage_id)
SELECT lease_id, id FROM usage WHERE id <= (SELECT up_to FROM summed) ORDER BY lease_id;

CREATE TABLE usage_without_constraint (
  id INTEGER PRIMARY KEY,
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
INSERT INTO usage_without_constraint (
  id, lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
)
SELECT
  id, lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
FROM usage
ORDER BY id;
DROP TABLE usage;
ALTER TABLE usage_without_constraint RENAME TO usage;
