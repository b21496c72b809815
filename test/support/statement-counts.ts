import type { Client } from 'pg';

/** Counts the statements that reach the server and whose text holds a name, since the counts were last set back. */
export interface StatementCounts {
  reset(): Promise<void>;
  of(name: string): Promise<number>;
}

/** By pg_stat_statements, the server's own count: whatever sent them, and however. */
export async function countStatements(client: Client): Promise<StatementCounts> {
  await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public');
  return {
    async reset() {
      await client.query('SELECT public.pg_stat_statements_reset()');
    },
    async of(name) {
      const { rows } = await client.query(
        `SELECT coalesce(sum(calls), 0)::int AS calls FROM public.pg_stat_statements
         WHERE query LIKE '%' || $1 || '%' AND query NOT LIKE '%pg_stat_statements%'`,
        [name],
      );
      return rows[0].calls;
    },
  };
}
