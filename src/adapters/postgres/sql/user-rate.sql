-- A user's ($1) multiplier in a group ($2). No row where the user has none of their own.
SELECT multiplier FROM :schema.user_rates WHERE group_id = $2 AND user_id = $1;
