-- USD in rows after an id (?4) of a UTC day (?2), of the seven days from a Monday (?3), and ever; days count from the epoch.
-- ?1 is a JSON array of account ids. One row for each place in the array.
SELECT
  asked.key AS position,
  total(spool.cost_usd) FILTER (WHERE spool.booked_at_ms / 86400000 = ?2) AS daily_usd,
  total(spool.cost_usd) FILTER (WHERE spool.booked_at_ms / 86400000 BETWEEN ?3 AND ?3 + 6) AS weekly_usd,
  total(spool.cost_usd) AS total_usd
FROM json_each(?1) AS asked
LEFT JOIN spool INDEXED BY spool_by_account ON spool.account_id = asked.value AND spool.id > ?4
GROUP BY asked.key;
