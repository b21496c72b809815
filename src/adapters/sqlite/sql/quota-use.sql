-- USD of a UTC day (?2), of the seven days from a Monday (?3), and ever; days count from the epoch.
-- ?1 is a JSON array of account ids. One row for each place in the array.
WITH RECURSIVE
  recent_minutes (minute) AS MATERIALIZED (
    SELECT min(minute) FROM recent_cost
    UNION ALL
    SELECT (SELECT min(later.minute) FROM recent_cost AS later WHERE later.minute > recent_minutes.minute)
    FROM recent_minutes
    WHERE recent_minutes.minute IS NOT NULL
  ),
  rest (account_id, daily_usd, weekly_usd, total_usd) AS MATERIALIZED (
    -- What no sum holds yet.
    SELECT
      usage.account_id,
      total(usage.cost_usd) FILTER (WHERE usage.booked_at_ms / 86400000 = ?2),
      total(usage.cost_usd) FILTER (WHERE usage.booked_at_ms / 86400000 BETWEEN ?3 AND ?3 + 6),
      total(usage.cost_usd)
    FROM summed
    CROSS JOIN usage ON usage.id > summed.up_to
    GROUP BY 1
  )
SELECT
  asked.key AS position,
  coalesce(rest.daily_usd, 0) + (
    SELECT total(cost_usd) FROM daily_cost
    WHERE day = ?2 AND account_id = asked.value
  ) + (
    SELECT total(cost_usd) FROM recent_minutes
    CROSS JOIN recent_cost ON recent_cost.minute = recent_minutes.minute AND recent_cost.account_id = asked.value
    WHERE recent_minutes.minute / 1440 = ?2
  ) AS daily_usd,
  coalesce(rest.weekly_usd, 0) + (
    SELECT total(cost_usd) FROM daily_cost
    WHERE day IN (?3, ?3 + 1, ?3 + 2, ?3 + 3, ?3 + 4, ?3 + 5, ?3 + 6) AND account_id = asked.value
  ) + (
    SELECT total(cost_usd) FROM recent_minutes
    CROSS JOIN recent_cost ON recent_cost.minute = recent_minutes.minute AND recent_cost.account_id = asked.value
    WHERE recent_minutes.minute / 1440 BETWEEN ?3 AND ?3 + 6
  ) AS weekly_usd,
  coalesce(rest.total_usd, 0) + (
    SELECT total(cost_usd) FROM total_cost
    WHERE account_id = asked.value
  ) + (
    SELECT total(cost_usd) FROM recent_minutes
    CROSS JOIN recent_cost ON recent_cost.minute = recent_minutes.minute AND recent_cost.account_id = asked.value
  ) AS total_usd
FROM json_each(?1) AS asked
LEFT JOIN rest ON rest.account_id = asked.value;
