import type { Client } from 'pg';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { PostgresDatabase } from './database.ts';
import { PostgresError } from './sql-states.ts';

/** How often the tables are looked at without a notification, ms: poolers swallow those, and a dead connection tells nothing. */
const pollMs = 5_000;

/** A change is read this long after its notification, ms, so that a script of many statements is read once. */
const gatherMs = 50;

/** After a failure: doubled from one to the next, and less by chance, so that a fleet does not come back all at once. */
const firstRetryMs = 250;
const lastRetryMs = 5_000;

export interface CatalogFeedOptions {
  readonly database: PostgresDatabase;
  readonly clock: Clock;
  /** 0 to 1, for the spread of retries. */
  readonly random: () => number;
  /** The catalog may have changed. Resolves with the mark it now has; undefined where it could not be read. */
  readonly onCatalog: () => Promise<string | undefined>;
  /** Users' rates have changed. */
  readonly onUserRates: () => void;
  /** The database can't be listened to, once for each attempt; undefined: now it can. */
  readonly onFault: (error: Error | undefined) => void;
}

/**
 * Tells of changes in the database, by one connection of its own:
 *
 *   connecting --LISTEN--> reading --> listening --notification, or the mark differs at a poll--> reading
 *        ^                    |            |
 *        `---- waiting <------+------------´  the connection broke
 */
export class CatalogFeed {
  readonly #options: CatalogFeedOptions;
  #mark: string | undefined;
  #failures = 0;
  #stopped = false;
  /** What the connection has told since it was last asked. */
  #told = { catalog: false, userRates: false, broken: undefined as Error | undefined };
  /** Ends the present wait. */
  #wake: () => void = () => {};

  constructor(options: CatalogFeedOptions) {
    this.#options = options;
  }

  /** Runs until `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#listen();
      } catch (error) {
        if (this.#stopped) return;
        this.#options.onFault(error instanceof Error ? error : new PostgresError(error));
        const retryMs = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 10));
        this.#failures += 1;
        await this.#wait(retryMs * (0.5 + this.#options.random() / 2), () => false);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async #listen(): Promise<void> {
    const { database, onFault } = this.#options;
    const client = await database.connect();
    this.#told = { catalog: true, userRates: true, broken: undefined };
    client.on('notification', ({ payload = '' }) => this.#note(payload));
    client.on('error', (error) => this.#break(error));
    client.on('end', () => this.#break(new Error('the connection was closed')));
    try {
      await client.query('LISTEN remora');
      this.#failures = 0;
      onFault(undefined);
      // Not worth a fault: the user may not have the right, and nothing but room is lost.
      await client.query(database.text('prune-catalog-changes')).catch(() => {});
      while (!this.#stopped) await this.#takeTurn(client);
    } finally {
      client.removeAllListeners('notification');
      client.end().catch(() => {});
    }
  }

  async #takeTurn(client: Client): Promise<void> {
    const { onCatalog, onUserRates, database } = this.#options;
    const told = this.#told;
    this.#told = { catalog: false, userRates: false, broken: undefined };
    if (told.broken !== undefined) throw new PostgresError(told.broken);
    if (told.userRates) onUserRates();
    if (told.catalog) this.#mark = await onCatalog();
    await this.#wait(pollMs, () => this.#isTold());
    if (this.#stopped) return;
    if (this.#isTold()) {
      await this.#wait(gatherMs, () => this.#told.broken !== undefined);
      return;
    }
    // Asked on the listening connection, so that one which died without a word is found out.
    const { rows } = await client.query<{ mark: string }>(database.text('catalog-mark'));
    const mark = rows[0]?.mark;
    if (mark !== this.#mark) this.#told.catalog = true;
  }

  #isTold(): boolean {
    const { catalog, userRates, broken } = this.#told;
    return catalog || userRates || broken !== undefined;
  }

  /** Payloads are `SCHEMA WHAT`; other schemas of the database use the same channel. */
  #note(payload: string): void {
    const { schema } = this.#options.database;
    if (payload === `${schema} catalog`) this.#told.catalog = true;
    if (payload === `${schema} user_rates`) this.#told.userRates = true;
    if (this.#isTold()) this.#wake();
  }

  #break(error: Error): void {
    this.#told.broken = error;
    this.#wake();
  }

  /** Resolves after a time, or as soon as it is woken and `enough` holds, or on `stop`. */
  async #wait(ms: number, enough: () => boolean): Promise<void> {
    if (this.#stopped || enough()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer: Timer = this.#options.clock.schedule(ms, resolve);
    this.#wake = () => {
      if (this.#stopped || enough()) resolve();
    };
    await promise;
    timer.cancel();
    this.#wake = () => {};
  }
}
