-- Groups, accounts, models and prices: the keys of the configuration file as columns. NULL and '{}' mean the file's default.
-- Values are checked by the same rules as the file's when a sidecar reads them; the checks here stop what would be dangerous or is
-- cheap to stop at its source.

-- Where a secret is: {"env": NAME}, {"file": PATH}, or {"encrypted": TEXT} as `remora encrypt-credential` prints it. Never the
-- secret itself: whoever reads the database, a backup or a log of statements would have it.
CREATE FUNCTION :schema.is_credential(source jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE jsonb_typeof(source)
    WHEN 'object' THEN source ?| ARRAY['env', 'file', 'encrypted']
      AND (SELECT count(*) = 1 AND bool_and(jsonb_typeof(value) = 'string' AND value <> '""') FROM jsonb_each(source))
    ELSE false
  END
$$;

CREATE FUNCTION :schema.are_credentials(sources jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT CASE jsonb_typeof(sources)
    WHEN 'array' THEN jsonb_array_length(sources) > 0
      AND (SELECT bool_and(:schema.is_credential(source)) FROM jsonb_array_elements(sources) AS source)
    ELSE false
  END
$$;

CREATE TABLE :schema.groups (
  id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  platform text,
  rate_multiplier double precision NOT NULL DEFAULT 1
    CHECK (rate_multiplier >= 0 AND rate_multiplier < 'infinity'),
  tier_fallback boolean,
  -- {"model or pattern": ["account", ...]}
  model_routing jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(model_routing) = 'object')
);

CREATE TABLE :schema.accounts (
  id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  name text,
  platform text NOT NULL CHECK (platform <> ''),
  -- oauth, setup_token, api_key, bedrock; any other ranks with the first two.
  type text,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'error')),
  schedulable boolean NOT NULL DEFAULT true,
  expires_at timestamptz CHECK (isfinite(expires_at)),
  priority integer NOT NULL DEFAULT 50 CHECK (priority >= 0),
  concurrency integer NOT NULL DEFAULT 0 CHECK (concurrency >= 0),
  load_factor double precision CHECK (load_factor >= 0 AND load_factor < 'infinity'),
  -- A list of names, or {"requested": "upstream"}; empty: every model.
  models jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(models) IN ('array', 'object')),
  mixed_scheduling boolean NOT NULL DEFAULT false,
  base_url text,
  proxy_url text,
  labels jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
  -- The file's `limits`: {"window_cost": 50, "rpm": 60, "session_idle": "5m", "quota": {"daily": 20}, ...}
  limits jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(limits) = 'object'),
  credential jsonb CONSTRAINT credential_is_no_secret CHECK (credential IS NULL OR :schema.is_credential(credential)),
  -- Several keys of one account, tried in order: a list of the same.
  api_keys jsonb CONSTRAINT api_keys_are_no_secrets CHECK (api_keys IS NULL OR :schema.are_credentials(api_keys))
);

-- Which account serves which group. An account without a row serves requests without a group.
CREATE TABLE :schema.memberships (
  account_id text COLLATE "C" NOT NULL REFERENCES :schema.accounts ON UPDATE CASCADE ON DELETE CASCADE,
  group_id text COLLATE "C" NOT NULL REFERENCES :schema.groups ON UPDATE CASCADE ON DELETE CASCADE,
  PRIMARY KEY (account_id, group_id)
);
CREATE INDEX memberships_by_group ON :schema.memberships (group_id);

-- Users' own multipliers; looked up one by one, so there may be millions.
CREATE TABLE :schema.user_rates (
  group_id text COLLATE "C" NOT NULL REFERENCES :schema.groups ON UPDATE CASCADE ON DELETE CASCADE,
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  multiplier double precision NOT NULL CHECK (multiplier >= 0 AND multiplier < 'infinity'),
  PRIMARY KEY (group_id, user_id)
);

-- Fallbacks of a model or pattern: ["model", "platform/model", ...], in the order they are tried.
CREATE TABLE :schema.models (
  name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
  fallbacks jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(fallbacks) = 'array')
);

-- USD per million tokens, by model or pattern.
CREATE TABLE :schema.prices (
  pattern text COLLATE "C" PRIMARY KEY CHECK (pattern <> ''),
  input double precision NOT NULL DEFAULT 0 CHECK (input >= 0 AND input < 'infinity'),
  output double precision NOT NULL DEFAULT 0 CHECK (output >= 0 AND output < 'infinity'),
  cache_read double precision NOT NULL DEFAULT 0 CHECK (cache_read >= 0 AND cache_read < 'infinity'),
  cache_creation double precision NOT NULL DEFAULT 0 CHECK (cache_creation >= 0 AND cache_creation < 'infinity')
);

-- One row for each statement that changed the catalog: what a sidecar compares when it polls. Rows and not a counter, so that two
-- transactions that change the catalog never wait for each other. Sidecars delete rows of former weeks.
CREATE TABLE :schema.catalog_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  table_name text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- The channel is one for the whole database; the payload says which schema is meant, and what of it. Runs with its owner's rights,
-- so whoever may write the catalog needs none on the list of changes.
CREATE FUNCTION :schema.note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
  IF TG_TABLE_NAME = 'user_rates' THEN
    PERFORM pg_notify('remora', TG_TABLE_SCHEMA || ' user_rates');
  ELSE
    INSERT INTO :schema.catalog_changes (table_name) VALUES (TG_TABLE_NAME);
    PERFORM pg_notify('remora', TG_TABLE_SCHEMA || ' catalog');
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON :schema.groups
  FOR EACH STATEMENT EXECUTE FUNCTION :schema.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON :schema.accounts
  FOR EACH STATEMENT EXECUTE FUNCTION :schema.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON :schema.memberships
  FOR EACH STATEMENT EXECUTE FUNCTION :schema.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON :schema.user_rates
  FOR EACH STATEMENT EXECUTE FUNCTION :schema.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON :schema.models
  FOR EACH STATEMENT EXECUTE FUNCTION :schema.note_change();
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON :schema.prices
  FOR EACH STATEMENT EXECUTE FUNCTION :schema.note_change();
