-- The whole catalog as of one moment: one row with one document of the configuration file's shape, and the mark of
-- catalog-mark.sql as of the same moment.
SELECT
  jsonb_build_object(
    'groups', (
      SELECT coalesce(jsonb_agg(to_jsonb(groups) ORDER BY id), '[]') FROM :schema.groups
    ),
    'accounts', (
      SELECT coalesce(
        jsonb_agg(
          to_jsonb(accounts) || jsonb_build_object(
            'expires_at', to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'groups', coalesce(membership.group_ids, '[]')
          )
          ORDER BY id
        ),
        '[]'
      )
      FROM :schema.accounts
      LEFT JOIN (
        SELECT account_id, jsonb_agg(group_id ORDER BY group_id) AS group_ids FROM :schema.memberships GROUP BY account_id
      ) AS membership ON membership.account_id = accounts.id
    ),
    'models', (
      SELECT coalesce(jsonb_agg(to_jsonb(models) ORDER BY name), '[]') FROM :schema.models
    ),
    'prices', (
      SELECT coalesce(jsonb_object_agg(pattern, to_jsonb(prices) - 'pattern'), '{}') FROM :schema.prices
    )
  ) AS catalog,
  (SELECT count(*) || '/' || coalesce(max(id), 0) FROM :schema.catalog_changes) AS mark;
