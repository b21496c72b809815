-- Moves at most ?2 of the recent sums, those of other minutes than ?1, to the sums by minute, hour, day and for ever. To be run as one
-- transaction, statement by statement, after rolling.sql.
INSERT INTO rolling (minute, account_id, cost_usd)
SELECT minute, account_id, cost_usd FROM recent_cost WHERE minute < ?1
UNION ALL
SELECT minute, account_id, cost_usd FROM recent_cost WHERE minute > ?1
LIMIT ?2;

INSERT INTO minute_cost (minute, account_id, cost_usd)
SELECT minute, account_id, cost_usd FROM rolling WHERE true
ON CONFLICT (minute, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO hour_cost (hour, account_id, cost_usd)
SELECT minute / 60, account_id, cost_usd FROM rolling WHERE true
ON CONFLICT (hour, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO daily_cost (day, account_id, cost_usd)
SELECT minute / 1440, account_id, cost_usd FROM rolling WHERE true
ON CONFLICT (day, account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

INSERT INTO total_cost (account_id, cost_usd)
SELECT account_id, cost_usd FROM rolling WHERE true
ON CONFLICT (account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;

DELETE FROM recent_cost WHERE (minute, account_id) IN (SELECT minute, account_id FROM rolling);

DELETE FROM rolling;
