-- The same for many accounts: ?1 is a JSON array of ids, ?2 the time. One row for each place in the array.
SELECT
  asked.key AS position,
  (
    SELECT total(cost_usd) FROM usage
    WHERE account_id = asked.value AND booked_at_ms >= ?2
  ) AS cost_usd
FROM json_each(?1) AS asked;
