import type { PoolClient } from 'pg';
import { migrations, quotedName } from './sql-text.ts';

/** Two keys of an advisory lock: this program's ("remo"), and one for each schema. */
const lockStatement = 'SELECT pg_advisory_xact_lock(1919249775, hashtext($1))';

/** A migration of a large table takes what it takes; nobody waits for it but the start of sidecars, which serve meanwhile. */
const migrationTimeoutMs = 3_600_000;

/**
 * Brings a schema up to date. Any number of sidecars may do so at once: they queue at a lock, and the second finds nothing to do. Up
 * to date already, it takes no lock and needs no right but to read. A schema newer than this version is left as it is: migrations
 * only add, so that sidecars of two versions can share it while a fleet is updated.
 */
export async function migrate(client: PoolClient, schema: string): Promise<void> {
  const all = migrations(schema);
  if ((await versionOf(client, schema)) >= all.length) return;
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL statement_timeout = ${migrationTimeoutMs}`);
    await patiently(client, lockStatement, [schema]);
    await makeHistory(client, schema);
    const done = await versionOf(client, schema);
    for (const { version, name, text } of all.slice(done)) {
      await patiently(client, text);
      await client.query(
        `INSERT INTO ${historyOf(schema)} (version, name, applied_at) VALUES ($1, $2, now())`,
        [version, name],
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    // Whatever state the connection is in, its transaction ends with it: the pool drops a client that failed.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

function patiently(client: PoolClient, text: string, values?: readonly unknown[]) {
  const patient = { text, ...(values && { values: [...values] }), query_timeout: migrationTimeoutMs };
  return client.query(patient);
}

function historyOf(schema: string): string {
  return `${quotedName(schema)}.migrations`;
}

/** The newest migration that was run; 0 where none was. */
async function versionOf(client: PoolClient, schema: string): Promise<number> {
  const table = historyOf(schema);
  const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS present', [table]);
  if (rows[0]?.present !== true) return 0;
  const newest = await client.query(`SELECT coalesce(max(version), 0) AS version FROM ${table}`);
  return Number(newest.rows[0]?.version);
}

/** Asks before it creates: IF NOT EXISTS needs the right to create although there is nothing to do. */
async function makeHistory(client: PoolClient, schema: string): Promise<void> {
  const name = quotedName(schema);
  const { rows } = await client.query('SELECT to_regnamespace($1) IS NOT NULL AS present', [name]);
  if (rows[0]?.present !== true) await client.query(`CREATE SCHEMA ${name}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${historyOf(schema)} (
      version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL
    )`,
  );
}
