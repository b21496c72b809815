-- Books one lease's usage. Changes no row where the lease is booked already.
INSERT INTO usage (
  lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (lease_id) DO NOTHING;
