-- The whole catalog as of one moment: one row with one document of the configuration file's shape, as text, and the mark of
-- catalog-mark.sql as of the same moment. Columns are named one by one: a newer version may have added some.
SELECT
  jsonb_build_object(
    'groups', (
      SELECT coalesce(jsonb_agg(to_jsonb(a_group) ORDER BY id), '[]')
      FROM (SELECT id, platform, rate_multiplier, tier_fallback, model_routing FROM :schema.groups) AS a_group
    ),
    'accounts', (
      SELECT coalesce(jsonb_agg(to_jsonb(account) ORDER BY id), '[]')
      FROM (
        SELECT
          id, name, platform, type, status, schedulable, priority, concurrency, load_factor, models, mixed_scheduling, base_url,
          proxy_url, labels, limits, credential, api_keys,
          to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at,
          coalesce(membership.group_ids, '[]') AS groups
        FROM :schema.accounts
        LEFT JOIN (
          SELECT account_id, jsonb_agg(group_id ORDER BY group_id) AS group_ids FROM :schema.memberships GROUP BY account_id
        ) AS membership ON membership.account_id = accounts.id
      ) AS account
    ),
    'models', (
      SELECT coalesce(jsonb_agg(to_jsonb(model) ORDER BY name), '[]')
      FROM (SELECT name, fallbacks FROM :schema.models) AS model
    ),
    'prices', (
      SELECT coalesce(jsonb_object_agg(pattern, to_jsonb(price) - 'pattern'), '{}')
      FROM (SELECT pattern, input, output, cache_read, cache_creation FROM :schema.prices) AS price
    )
  )::text AS catalog,
  (SELECT count(*) || '/' || coalesce(max(id), 0) FROM :schema.catalog_changes) AS mark;
