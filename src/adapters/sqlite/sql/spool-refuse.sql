-- Sets a row (?1) aside, with the reason (?2).
INSERT INTO spool_refused (
  id, reason, lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
)
SELECT
  id, ?2, lease_id, account_id, group_id, model, booked_at_ms,
  input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
FROM spool
WHERE id = ?1
ON CONFLICT (id) DO NOTHING;
