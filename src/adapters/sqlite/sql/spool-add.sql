-- Puts one lease's usage into the spool. Changes no row where the lease is there already.
INSERT INTO spool (
  lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (lease_id) DO NOTHING;
