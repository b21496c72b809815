-- Books one lease's usage. That its lease is not booked yet is looked up before: lease-booked.sql.
INSERT INTO usage (
  lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
