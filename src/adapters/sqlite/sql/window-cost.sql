-- USD one account (?1) booked at or after a time (?2, ms). Always one row.
SELECT total(cost_usd) AS cost_usd
FROM usage
WHERE account_id = ?1 AND booked_at_ms >= ?2;
