-- USD booked at or after a time (?2, ms) by each account of a JSON array (?1). One row for each place in the array.
-- ?3, ?4 and ?5 are the first minute, hour and day (from the epoch) that lie whole within that time, the hour at a day's end and
-- the minute at an hour's: so it is made of minutes up to an hour, hours up to a day, days, recent minutes that none of
-- these hold yet, and what no sum holds.
WITH RECURSIVE
  minutes (minute) AS MATERIALIZED (
    SELECT min(minute) FROM minute_cost WHERE minute >= ?3 AND minute < ?4 * 60
    UNION ALL
    SELECT (SELECT min(later.minute) FROM minute_cost AS later WHERE later.minute > minutes.minute AND later.minute < ?4 * 60)
    FROM minutes
    WHERE minutes.minute IS NOT NULL
  ),
  hours (hour) AS MATERIALIZED (
    SELECT min(hour) FROM hour_cost WHERE hour >= ?4 AND hour < ?5 * 24
    UNION ALL
    SELECT (SELECT min(later.hour) FROM hour_cost AS later WHERE later.hour > hours.hour AND later.hour < ?5 * 24)
    FROM hours
    WHERE hours.hour IS NOT NULL
  ),
  days (day) AS MATERIALIZED (
    SELECT min(day) FROM daily_cost WHERE day >= ?5
    UNION ALL
    SELECT (SELECT min(later.day) FROM daily_cost AS later WHERE later.day > days.day)
    FROM days
    WHERE days.day IS NOT NULL
  ),
  recent_minutes (minute) AS MATERIALIZED (
    SELECT min(minute) FROM recent_cost WHERE minute >= ?3
    UNION ALL
    SELECT (SELECT min(later.minute) FROM recent_cost AS later WHERE later.minute > recent_minutes.minute)
    FROM recent_minutes
    WHERE recent_minutes.minute IS NOT NULL
  ),
  rest (account_id, cost_usd) AS MATERIALIZED (
    SELECT account_id, total(cost_usd)
    FROM (
      -- The minute that begins before the time.
      SELECT usage.account_id, usage.cost_usd
      FROM minute_rows
      CROSS JOIN summed
      CROSS JOIN usage ON usage.id BETWEEN minute_rows.first_id AND min(minute_rows.last_id, summed.up_to)
      WHERE minute_rows.minute = ?3 - 1 AND usage.booked_at_ms >= ?2 AND usage.booked_at_ms < ?3 * 60000
      UNION ALL
      SELECT usage.account_id, usage.cost_usd
      FROM summed
      CROSS JOIN usage ON usage.id > summed.up_to
      WHERE usage.booked_at_ms >= ?2
    )
    GROUP BY account_id
  )
SELECT
  asked.key AS position,
  coalesce(rest.cost_usd, 0)
  + (
    SELECT total(cost_usd) FROM minutes
    CROSS JOIN minute_cost ON minute_cost.minute = minutes.minute AND minute_cost.account_id = asked.value
  )
  + (
    SELECT total(cost_usd) FROM hours
    CROSS JOIN hour_cost ON hour_cost.hour = hours.hour AND hour_cost.account_id = asked.value
  )
  + (
    SELECT total(cost_usd) FROM days
    CROSS JOIN daily_cost ON daily_cost.day = days.day AND daily_cost.account_id = asked.value
  )
  + (
    SELECT total(cost_usd) FROM recent_minutes
    CROSS JOIN recent_cost ON recent_cost.minute = recent_minutes.minute AND recent_cost.account_id = asked.value
  ) AS cost_usd
FROM json_each(?1) AS asked
LEFT JOIN rest ON rest.account_id = asked.value;
