import { buildCatalog } from '../../catalog/build.ts';
import type { Catalog, CatalogHolder } from '../../catalog/catalog.ts';
import { credentialChanges } from '../../catalog/credential-changes.ts';
import type { CatalogDeclaration } from '../../catalog/declaration.ts';
import { createCatalogHolder, type ReplaceableCatalogHolder } from '../../catalog/holder.ts';
import type { Environment } from '../../config/environment.ts';
import { type Fault, formatFault } from '../../config/fault.ts';
import type { CatalogSource, ReloadResult } from '../../ports/catalog-source.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Health } from '../../ports/health.ts';
import { CatalogCredentials } from './catalog-credentials.ts';
import { readCatalogDocument } from './catalog-document.ts';
import { CatalogFeed } from './catalog-feed.ts';
import { CatalogFile } from './catalog-file.ts';
import type { PostgresDatabase } from './database.ts';

type LogLine = (fields: Record<string, unknown>, message: string) => void;

export interface PostgresCatalogOptions {
  readonly database: PostgresDatabase;
  /** Where the last good catalog is kept, for a start while Postgres is away; on a volume that outlives the container. */
  readonly snapshotPath: string;
  /** Where relative paths of secret files start. */
  readonly directory: string;
  readonly env: Environment;
  readonly clock: Clock;
  /** 0 to 1, for the spread of retries over a fleet. */
  readonly random: () => number;
  readonly log: { readonly info: LogLine; readonly warn: LogLine; readonly error: LogLine };
  /** Runs after each reading, for the count of them. Faults where it failed. */
  readonly onReload?: (result: ReloadResult, faults: readonly Fault[]) => void;
  /** Runs when users' rates have changed, or may have. */
  readonly onUserRates?: () => void;
}

/** Secret files are looked at this often, ms. */
const credentialPollMs = 30_000;

/** How long closing waits for the database, ms. */
const closeWaitMs = 300;

const emptyDeclaration: CatalogDeclaration = { groups: [], accounts: [], models: [], prices: new Map() };

/** How long a start waits for the database, ms. */
const firstReadMs = 2_500;

/**
 * Reads the catalog of the database, or, while that is away, the one that was last read on this volume. Takes 2.5 s at most, and never
 * rejects: without any catalog it starts with an empty one, says so in `health`, and goes on trying from `start` on.
 */
export async function createPostgresCatalog(options: PostgresCatalogOptions): Promise<PostgresCatalog> {
  const catalog = new PostgresCatalog(options);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = options.clock.schedule(firstReadMs, resolve);
  await Promise.race([catalog.reload(), late]);
  timer.cancel();
  return catalog;
}

/** The catalog of a database. It is replaced whole when a table or a secret file changes; rows that are not valid change nothing. */
export class PostgresCatalog implements CatalogSource {
  readonly holder: CatalogHolder;
  readonly #options: PostgresCatalogOptions;
  readonly #holder: ReplaceableCatalogHolder;
  readonly #credentials: CatalogCredentials;
  readonly #file: CatalogFile;
  readonly #feed: CatalogFeed;
  #declaration = emptyDeclaration;
  /** The document in force; undefined: none was ever read. */
  #text: string | undefined;
  /** The document that was last refused, so that it is told of once. */
  #refused: string | undefined;
  /** Why the database is not followed at present. */
  #away: string | undefined;
  /** Readings, one after the other, so that an older one never replaces a newer. */
  #reading: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;
  #credentialTimer: Timer | undefined;
  #closed = false;

  /** Puts the catalog of the snapshot file in force, if there is one. */
  constructor(options: PostgresCatalogOptions) {
    const { database, clock, random } = options;
    this.#options = options;
    this.#credentials = new CatalogCredentials(options.env);
    this.#file = new CatalogFile(options.snapshotPath);
    this.#holder = createCatalogHolder(buildCatalog(emptyDeclaration, { version: 1 }));
    this.holder = this.#holder;
    this.#feed = new CatalogFeed({
      ...{ database, clock, random },
      onCatalog: async () => (await this.#read()).mark,
      onUserRates: () => options.onUserRates?.(),
      onFault: (error) => this.#noteFault(error),
    });
    this.#takeSnapshot();
  }

  start(): void {
    if (this.#closed || this.#running !== undefined) return;
    this.#running = this.#feed.run();
    this.#pollCredentials();
  }

  async reload(): Promise<ReloadResult> {
    const { result } = await this.#read();
    this.#refreshCredentials();
    return result;
  }

  health(): Health {
    const why = this.#away === undefined ? '' : `: ${this.#away}`;
    if (this.#text === undefined)
      return { ok: false, reason: `no valid catalog was read from Postgres yet${why}` };
    return this.#away === undefined
      ? { ok: true }
      : { ok: true, note: `the catalog is the one last read, Postgres is away${why}` };
  }

  /** Waits for what is under way, but not for a database that says nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#feed.stop();
    this.#credentialTimer?.cancel();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.schedule(closeWaitMs, resolve);
    await Promise.race([Promise.all([this.#running, this.#reading]), late]);
    timer.cancel();
  }

  /** Reads the tables once those before have been read. Never rejects. */
  #read(): Promise<{ readonly result: ReloadResult; readonly mark?: string }> {
    const reading = this.#reading.then(() => this.#readNow());
    this.#reading = reading;
    return reading;
  }

  async #readNow(): Promise<{ readonly result: ReloadResult; readonly mark?: string }> {
    try {
      const [row] = await this.#options.database.query<{ catalog: string; mark: string }>('catalog');
      if (this.#closed || row === undefined) return { result: 'unchanged' };
      this.#noteFault(undefined);
      return { result: await this.#take(row.catalog), mark: row.mark };
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      this.#noteFault(fault);
      return { result: this.#done('failure', [{ path: '', problem: fault.message }]) };
    }
  }

  async #take(text: string): Promise<ReloadResult> {
    if (text === this.#text || text === this.#refused) return this.#done('unchanged', []);
    const document = readCatalogDocument(text, this.#options.directory);
    if (!document.ok) {
      this.#refused = text;
      return this.#refuse(document.faults);
    }
    this.#refused = undefined;
    this.#text = text;
    const catalog = this.#replace(document.declaration);
    this.#options.log.info(
      { version: catalog.version, groups: catalog.groups.size, accounts: catalog.accounts.size },
      'catalog read from Postgres',
    );
    try {
      await this.#file.write(text);
    } catch (err) {
      this.#options.log.warn(
        { err, path: this.#file.path },
        'the catalog can not be kept on disk: a start while Postgres is away would have none',
      );
    }
    return this.#done('success', []);
  }

  #refuse(faults: readonly Fault[]): ReloadResult {
    const { log } = this.#options;
    for (const fault of faults) log.error({ path: fault.path }, formatFault(fault));
    log.error(
      { faults: faults.length },
      'the changed catalog in Postgres is not valid: the catalog stays as it was',
    );
    return this.#done('failure', faults);
  }

  #done(result: ReloadResult, faults: readonly Fault[]): ReloadResult {
    this.#options.onReload?.(result, faults);
    return result;
  }

  #takeSnapshot(): void {
    const text = this.#file.read();
    if (text === undefined) return;
    const { log } = this.#options;
    try {
      const document = readCatalogDocument(text, this.#options.directory);
      if (!document.ok) throw new Error(document.faults.map(formatFault).join('; '));
      this.#text = text;
      this.#replace(document.declaration);
      log.info({ path: this.#file.path }, 'started with the catalog last read on this volume');
    } catch (err) {
      log.warn({ err, path: this.#file.path }, 'the catalog kept on disk is of no use');
    }
  }

  #pollCredentials(): void {
    this.#credentialTimer = this.#options.clock.schedule(credentialPollMs, () => {
      this.#refreshCredentials();
      this.#pollCredentials();
    });
  }

  #refreshCredentials(): void {
    if (!this.#closed && this.#credentials.refresh()) this.#replace(this.#declaration);
  }

  #replace(declaration: CatalogDeclaration): Catalog {
    this.#declaration = declaration;
    this.#credentials.keepOnly(declaration);
    const before = this.#holder.current();
    const after = buildCatalog(declaration, {
      version: before.version + 1,
      readCredential: this.#credentials.read,
    });
    this.#tellOfCredentials(before, after);
    this.#holder.replace(after);
    return after;
  }

  #tellOfCredentials(before: Catalog, after: Catalog): void {
    const { log } = this.#options;
    for (const { accountId, reason } of credentialChanges(before, after)) {
      if (reason === '')
        log.info({ account: accountId }, 'the account is back in service: its credential can be read');
      else log.error({ account: accountId, reason }, `the account is out of service: ${reason}`);
    }
  }

  #noteFault(error: Error | undefined): void {
    if (this.#closed) return;
    if (error !== undefined && this.#away === undefined) {
      this.#options.log.warn({ err: error }, 'the catalog in Postgres can not be read: the last one stays');
    }
    if (error === undefined && this.#away !== undefined) {
      this.#options.log.info({}, 'the catalog in Postgres can be read again');
    }
    this.#away = error?.message;
  }
}
