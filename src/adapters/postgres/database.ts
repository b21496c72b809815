import type { Client, Pool } from 'pg';
import type { Clock } from '../../ports/clock.ts';
import { answerTimeoutMs, type Connection, connectionOf } from './connection.ts';
import { migrate } from './migrate.ts';
import { PostgresError } from './sql-states.ts';
import { sqlText } from './sql-text.ts';

/**
 * Connections a sidecar has at most, one more for LISTEN aside. Bookings take one, batch after batch; the rest is for questions. A
 * hundred sidecars beside one server of 100 connections do not fit with more, and idle ones are closed.
 */
const maxConnections = 3;
const idleMs = 10_000;

/** Once the server was found away, statements fail at once for this long instead of trying it one by one. */
const awayMs = 500;

export interface PostgresDatabaseOptions {
  /** `postgres://user:password@host:5432/database?schema=remora` */
  readonly url: string;
  readonly clock: Clock;
}

/**
 * One Postgres database: its connections and remora's schema in it. Nothing is connected, and the driver not even loaded, before the
 * first statement; the schema is brought up to date before that. Every call settles within some seconds, whatever the server does.
 */
export class PostgresDatabase {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #texts = new Map<string, string>();
  #pool: Promise<Pool> | undefined;
  #migrated: Promise<void> | undefined;
  #away: { readonly untilMs: number; readonly reason: PostgresError } | undefined;
  #closed: Promise<void> | undefined;

  constructor({ url, clock }: PostgresDatabaseOptions) {
    this.#clock = clock;
    this.#connection = connectionOf(url);
  }

  get schema(): string {
    return this.#connection.schema;
  }

  /** Runs the statement of an SQL file. Rejects with a PostgresError. */
  async query<Row>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#attempt(async () => {
      const pool = await this.#ready();
      const { rows } = await pool.query(this.text(statement), [...values]);
      return rows as Row[];
    });
  }

  /** The text of an SQL file, for this schema. */
  text(statement: string): string {
    let text = this.#texts.get(statement);
    if (text === undefined) {
      text = sqlText(statement, this.schema);
      this.#texts.set(statement, text);
    }
    return text;
  }

  /** A connection outside the pool, for who listens. The caller ends it, and handles its errors. Rejects with a PostgresError. */
  async connect(): Promise<Client> {
    return this.#attempt(async () => {
      await this.#ready();
      const { Client } = (await import('pg')).default;
      const client = new Client(this.#connection.config);
      // Errors between two statements would be uncaught otherwise; `end` follows each.
      client.on('error', () => {});
      try {
        await client.connect();
      } catch (error) {
        client.end().catch(() => {});
        throw error;
      }
      return client;
    });
  }

  /** Lets statements under way finish for at most `waitMs`. Every call after it rejects. */
  close(waitMs = 300): Promise<void> {
    this.#closed ??= this.#end(waitMs);
    return this.#closed;
  }

  async #end(waitMs: number): Promise<void> {
    const pool = await this.#pool?.catch(() => undefined);
    if (pool === undefined) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#clock.schedule(waitMs, resolve);
    await Promise.race([pool.end().catch(() => {}), late]);
    timer.cancel();
  }

  async #attempt<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#closed !== undefined) throw new PostgresError(new Error('the connection is closed'));
    if (this.#away !== undefined && this.#clock.now() < this.#away.untilMs) throw this.#away.reason;
    try {
      const result = await run();
      this.#away = undefined;
      return result;
    } catch (error) {
      const reason = error instanceof PostgresError ? error : new PostgresError(error);
      if (reason.away) this.#away = { untilMs: this.#clock.now() + awayMs, reason };
      throw reason;
    }
  }

  async #ready(): Promise<Pool> {
    this.#pool ??= this.#open();
    const pool = await this.#pool;
    this.#migrated ??= this.#migrate(pool);
    await this.#inTime(this.#migrated);
    return pool;
  }

  /** A migration may take longer than anybody waits; it goes on, and the next statement finds it done. */
  async #inTime(migrated: Promise<void>): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = this.#clock.schedule(answerTimeoutMs, () =>
      reject(new Error('its tables are still being brought up to date')),
    );
    try {
      await Promise.race([migrated, late]);
    } finally {
      timer.cancel();
    }
  }

  async #open(): Promise<Pool> {
    const { Pool } = (await import('pg')).default;
    const pool = new Pool({ ...this.#connection.config, max: maxConnections, idleTimeoutMillis: idleMs });
    // An idle connection that breaks leaves the pool; the next statement gets a new one, or the error.
    pool.on('error', () => {});
    return pool;
  }

  async #migrate(pool: Pool): Promise<void> {
    try {
      const client = await pool.connect();
      // A connection that breaks between two statements says so here; the statement that follows rejects.
      const broken = (): void => {};
      client.on('error', broken);
      try {
        await migrate(client, this.schema);
        client.off('error', broken);
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    } catch (error) {
      this.#migrated = undefined;
      throw error;
    }
  }
}
