-- Adds USD (?2) to all an account (?1) ever booked.
INSERT INTO total_cost (account_id, cost_usd)
VALUES (?1, ?2)
ON CONFLICT (account_id) DO UPDATE SET cost_usd = cost_usd + excluded.cost_usd;
