import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostgresCatalog, type PostgresCatalog } from '../../src/adapters/postgres/catalog.ts';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import type { ReloadResult } from '../../src/ports/catalog-source.ts';
import { type Clock, systemClock } from '../../src/ports/clock.ts';

/** A sidecar's catalog from Postgres, and what it told. */
export interface CatalogRig {
  readonly catalog: PostgresCatalog;
  readonly snapshotPath: string;
  readonly lines: readonly string[];
  readonly reloads: readonly ReloadResult[];
  /** How often users' rates were told to have changed. */
  readonly userRateChanges: () => number;
  ids(): string[];
  close(): Promise<void>;
}

export interface CatalogRigOptions {
  readonly url: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Kept between two sidecars, as a volume is. */
  readonly directory?: string;
}

export async function openCatalogRig(options: CatalogRigOptions): Promise<CatalogRig> {
  const { url, env = {}, clock = systemClock } = options;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'remora-catalog-'));
  const snapshotPath = join(directory, 'catalog.json');
  const lines: string[] = [];
  const at = (level: string) => (_fields: Record<string, unknown>, message: string) =>
    void lines.push(`${level} ${message}`);
  const reloads: ReloadResult[] = [];
  let userRateChanges = 0;
  const database = new PostgresDatabase({ url, clock });
  const catalog = await createPostgresCatalog({
    ...{ database, snapshotPath, directory, env, clock },
    random: () => 0.5,
    log: { info: at('info'), warn: at('warn'), error: at('error') },
    onReload: (result) => reloads.push(result),
    onUserRates: () => {
      userRateChanges += 1;
    },
  });
  return {
    ...{ catalog, snapshotPath, lines, reloads },
    userRateChanges: () => userRateChanges,
    ids: () => [...catalog.holder.current().accounts.keys()],
    async close() {
      await catalog.close();
      await database.close();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
