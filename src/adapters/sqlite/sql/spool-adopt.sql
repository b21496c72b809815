-- Moves what was booked in this file before it was a spool: a shared store is told of all of it.
INSERT INTO spool (
  lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
)
SELECT
  lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
FROM usage
WHERE true
ORDER BY id
ON CONFLICT (lease_id) DO NOTHING;
DELETE FROM usage;
DELETE FROM lease;
DELETE FROM recent_cost;
DELETE FROM minute_cost;
DELETE FROM minute_rows;
DELETE FROM hour_cost;
DELETE FROM daily_cost;
DELETE FROM total_cost;
UPDATE summed SET up_to = 0;
