-- Usage, and what is kept with it. Ids compare byte by byte: they are nobody's words.

CREATE TABLE :schema.usage (
  lease_id text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  group_id text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  booked_at timestamptz NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_creation_tokens bigint NOT NULL,
  -- USD before any multiplier. Exact, so that sums do not depend on the order of what they add.
  cost_usd numeric NOT NULL
) PARTITION BY RANGE (booked_at);

-- Holds everything until an operator adds partitions ahead of time, one statement each:
--   CREATE TABLE remora.usage_2027_01 PARTITION OF remora.usage FOR VALUES FROM ('2027-01-01Z') TO ('2027-02-01Z');
-- Index-only scans need vacuumed pages; by default a table of ten million rows waits for two million new ones.
CREATE TABLE :schema.usage_default PARTITION OF :schema.usage DEFAULT
  WITH (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);

-- Holds the cost too, so a window is summed from the index alone.
CREATE INDEX usage_by_window ON :schema.usage (account_id, booked_at) INCLUDE (cost_usd);

-- What makes a booking happen once. A table of its own, because a unique index on a partitioned table has to hold the
-- partition key, and one lease must not be booked at two times. Rows older than any report that may still come can be deleted.
CREATE TABLE :schema.usage_leases (
  lease_id text COLLATE "C" PRIMARY KEY,
  booked_at timestamptz NOT NULL
);

-- Cost per account and UTC day: quotas are a few hundred rows a year, whatever happens to the usage they came from.
CREATE TABLE :schema.usage_days (
  account_id text COLLATE "C" NOT NULL,
  day date NOT NULL,
  cost_usd numeric NOT NULL,
  PRIMARY KEY (account_id, day)
) WITH (fillfactor = 70);

-- How far each sidecar's spool has arrived. Written with the usage itself, so a sum and its mark are of one moment.
CREATE TABLE :schema.spools (
  spool_id text PRIMARY KEY,
  up_to bigint NOT NULL,
  updated_at timestamptz NOT NULL
) WITH (fillfactor = 50);
