-- Adds USD (?3) to an account's (?1) UTC day (?2, days since the epoch).
INSERT INTO daily_cost (account_id, day, cost_usd)
VALUES (?1, ?2, ?3)
ON CONFLICT (account_id, day) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;
