/** The SQLSTATEs that decide something here, by their names in the PostgreSQL manual (appendix A). */
export const sqlState = {
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  invalidCatalogName: '3D000',
  insufficientPrivilege: '42501',
  readOnlyTransaction: '25006',
  diskFull: '53100',
  tooManyConnections: '53300',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
} as const;

/** What to do about a state that waiting alone will not mend. */
const advice: ReadonlyMap<string, string> = new Map([
  [sqlState.invalidPassword, 'check the password in ledger.database_url'],
  [sqlState.invalidAuthorization, 'check the user in ledger.database_url, and pg_hba.conf'],
  [sqlState.invalidCatalogName, 'create the database, or name another in ledger.database_url'],
  [sqlState.insufficientPrivilege, 'grant the user CREATE on the database, or its rights on the schema'],
  [sqlState.readOnlyTransaction, 'ledger.database_url leads to a standby; name the primary'],
  [sqlState.diskFull, 'the disk of the Postgres server is full'],
  [sqlState.tooManyConnections, 'raise max_connections, or put a pooler in front'],
]);

const unreachable: ReadonlySet<string> = new Set([
  sqlState.tooManyConnections,
  sqlState.adminShutdown,
  sqlState.crashShutdown,
  sqlState.cannotConnectNow,
]);

/** A statement that failed, or never got to the server. `message` is one line, fit for a log. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  /** Undefined where the server itself said nothing: no connection, no answer in time. */
  readonly sqlState: string | undefined;

  constructor(cause: unknown) {
    const state = sqlStateOf(cause);
    const fix = state === undefined ? undefined : advice.get(state);
    super(`Postgres: ${wordsOf(cause)}${fix === undefined ? '' : ` (${fix})`}`, { cause });
    this.sqlState = state;
  }

  /** Whether there is no server to talk to at present, so that the next statement would fail as well. */
  get away(): boolean {
    return this.sqlState === undefined || this.sqlState.startsWith('08') || unreachable.has(this.sqlState);
  }

  /** Whether the values are to blame: they would be refused however often they are sent. */
  get refusesValues(): boolean {
    return this.sqlState?.startsWith('22') === true || this.sqlState?.startsWith('23') === true;
  }
}

function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  // The system's own codes (ECONNREFUSED, EPIPE) stand in the same place.
  return /^[0-9A-Z]{5}$/.test(error.code) && !/^E[A-Z]+$/.test(error.code) ? error.code : undefined;
}

/** An error's message on one line. Where every address of a host failed, Node says so in the parts alone. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(wordsOf).join('; ');
  const words = error instanceof Error ? error.message : String(error);
  return words.replaceAll(/\s+/g, ' ').trim();
}
