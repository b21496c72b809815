-- USD in rows after an id (?3) that each account booked at or after a time (?2, ms): ?1 is a JSON array of account ids. One row for
-- each place in the array.
SELECT
  asked.key AS position,
  (
    SELECT total(cost_usd) FROM spool INDEXED BY spool_by_account
    WHERE account_id = asked.value AND booked_at_ms >= ?2 AND id > ?3
  ) AS cost_usd
FROM json_each(?1) AS asked;
