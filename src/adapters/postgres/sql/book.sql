-- Books usage ($1-$10, arrays by column; costs and times as text) in one step: leases not booked yet, their rows, their days, and
-- how far ($12) the spool ($11) they came from has arrived; no spool: null. One row for each lease that was new.
-- Everybody takes locks in the same order, leases then days, so concurrent batches never wait for each other in a circle.
WITH entry AS (
  SELECT
    lease_id, account_id, group_id, model,
    'epoch'::timestamptz + booked_at_ms * interval '1 millisecond' AS booked_at,
    input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
  FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],
    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::numeric[]
  ) AS entry (
    lease_id, account_id, group_id, model, booked_at_ms,
    input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
  )
),
fresh AS (
  INSERT INTO :schema.usage_leases (lease_id, booked_at)
  SELECT lease_id, booked_at FROM entry ORDER BY lease_id COLLATE "C"
  ON CONFLICT (lease_id) DO NOTHING
  RETURNING lease_id
),
booked AS (
  INSERT INTO :schema.usage (
    lease_id, account_id, group_id, model, booked_at,
    input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, cost_usd
  )
  SELECT entry.* FROM entry JOIN fresh USING (lease_id)
  RETURNING account_id, booked_at, cost_usd
),
summed AS (
  INSERT INTO :schema.usage_days AS days (account_id, day, cost_usd)
  SELECT account_id, (booked_at AT TIME ZONE 'UTC')::date AS day, sum(cost_usd)
  FROM booked
  GROUP BY account_id, day
  ORDER BY account_id, day
  ON CONFLICT (account_id, day) DO UPDATE SET cost_usd = days.cost_usd + excluded.cost_usd
),
marked AS (
  INSERT INTO :schema.spools AS spools (spool_id, up_to, updated_at)
  SELECT $11::text, $12::bigint, now() WHERE $11 IS NOT NULL
  ON CONFLICT (spool_id) DO UPDATE
  SET up_to = greatest(spools.up_to, excluded.up_to), updated_at = excluded.updated_at
)
SELECT lease_id FROM fresh;
