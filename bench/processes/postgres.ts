import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { embeddedPostgres, host, user } from './embedded-postgres.ts';
import { freePort } from './free-port.ts';

export interface PostgresProcess {
  readonly url: string;
  /** Runs statements of the bench's own, separated by semicolons; the rows of a single one. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  stop(): Promise<void>;
}

/** What is counted: statements of the server, whoever sends them and however. The bench's own name this view, and are left out. */
const view = 'public.pg_stat_statements';

/**
 * Starts a PostgreSQL that counts its statements, from the packages of this repository. It is not pinned: no figure depends on its
 * speed. Rejects where it can't be started.
 */
export async function startPostgres(): Promise<PostgresProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'remora-bench-postgres-'));
  const port = await freePort();
  const log: string[] = [];
  const server = await embeddedPostgres({ directory, port, log: (line) => log.push(line) });
  const stop = async (client?: Client): Promise<void> => {
    await client?.end();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await server.initialise();
    await server.start();
    const client = new Client({ host, port, user, password: user, database: 'postgres' });
    await client.connect();
    await client.query('CREATE EXTENSION pg_stat_statements SCHEMA public');
    return {
      url: `postgres://${user}:${user}@${host}:${port}/postgres`,
      query: async (text) => (await client.query(text)).rows ?? [],
      stop: () => stop(client),
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error instanceof Error ? error : new Error(log.join('').trim());
  }
}

/** Counts from here on. */
export async function resetStatementCounts({ query }: PostgresProcess): Promise<void> {
  await query(`SELECT ${view}_reset()`);
}

/** How often each statement was carried out since then, by its text. */
export async function statementCounts({ query }: PostgresProcess): Promise<ReadonlyMap<string, number>> {
  const rows = await query(
    `SELECT query, sum(calls)::int AS calls FROM ${view} WHERE query NOT LIKE '%pg_stat_statements%' GROUP BY query`,
  );
  return new Map(rows.map(({ query: text, calls }) => [String(text), Number(calls)]));
}
