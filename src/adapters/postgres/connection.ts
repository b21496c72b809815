import type { ClientConfig } from 'pg';

/** The schema of remora's tables, unless `?schema=` of the URL names another. */
const defaultSchema = 'remora';

/** The longest a connection may take to come about, ms; also the longest a statement waits for one of the pool's to be free. */
const connectTimeoutMs = 2_000;

/**
 * The longest a statement may run, ms. The server gives up first, so that one which says nothing for longer is known to be away,
 * and no statement goes on there after its caller has gone.
 */
const statementTimeoutMs = 5_000;
export const answerTimeoutMs = 6_000;

export interface Connection {
  readonly config: ClientConfig;
  readonly schema: string;
}

/** How to reach the database of a URL. Parameters other than `schema` are the driver's: `sslmode`, `host`, `options`. */
export function connectionOf(url: string): Connection {
  const parsed = new URL(url);
  const schema = parsed.searchParams.get('schema') ?? '';
  parsed.searchParams.delete('schema');
  return {
    schema: schema === '' ? defaultSchema : schema,
    config: {
      connectionString: parsed.href,
      application_name: parsed.searchParams.get('application_name') ?? 'remora',
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
    },
  };
}
