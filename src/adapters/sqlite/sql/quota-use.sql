-- USD of a UTC day (?2), of the seven days from a Monday (?3), and ever; days count from the epoch.
-- ?1 is a JSON array of account ids. One row for each place in the array.
SELECT
  asked.key AS position,
  (
    SELECT total(cost_usd) FROM daily_cost
    WHERE account_id = asked.value AND day = ?2
  ) AS daily_usd,
  (
    SELECT total(cost_usd) FROM daily_cost
    WHERE account_id = asked.value AND day BETWEEN ?3 AND ?3 + 6
  ) AS weekly_usd,
  (
    SELECT total(cost_usd) FROM total_cost
    WHERE account_id = asked.value
  ) AS total_usd
FROM json_each(?1) AS asked;
