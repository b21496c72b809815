import type { Clock } from '../../ports/clock.ts';
import type { SpoolTarget } from '../../ports/spool-target.ts';
import type { UserRateSource } from '../../ports/user-rates.ts';
import { createPostgresCatalog, type PostgresCatalog, type PostgresCatalogOptions } from './catalog.ts';
import { PostgresDatabase } from './database.ts';
import { PostgresUsageStore } from './usage-store.ts';
import { createPostgresUserRates } from './user-rates.ts';

/** What a sidecar has of one Postgres database, over the same few connections. */
export interface Postgres {
  /** Where the spool sends usage. Closing it closes all of this. */
  readonly usage: SpoolTarget;
  readonly userRates: UserRateSource;
  /** Reads the catalog; never rejects. To be closed before the rest. */
  openCatalog(options: Omit<PostgresCatalogOptions, 'database' | 'clock'>): Promise<PostgresCatalog>;
}

/** Connects to nothing yet, and never throws for a URL that the configuration let through. */
export function openPostgres({ url, clock }: { readonly url: string; readonly clock: Clock }): Postgres {
  const database = new PostgresDatabase({ url, clock });
  return {
    usage: new PostgresUsageStore(database),
    userRates: createPostgresUserRates(database),
    openCatalog: (options) => createPostgresCatalog({ ...options, database, clock }),
  };
}
