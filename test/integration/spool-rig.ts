import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { PostgresDatabase } from '../../src/adapters/postgres/database.ts';
import { PostgresUsageStore } from '../../src/adapters/postgres/usage-store.ts';
import { openSpooledLedger, type SpooledLedger } from '../../src/adapters/sqlite/spooled-ledger.ts';
import { type Clock, systemClock } from '../../src/ports/clock.ts';

/** A spool in front of a Postgres, and what it logged. */
export interface SpoolRig {
  readonly ledger: SpooledLedger;
  readonly directory: string;
  readonly path: string;
  readonly lines: readonly string[];
  /** Closes the ledger and opens the same spool anew. */
  reopen(): Promise<SpooledLedger>;
  close(): Promise<void>;
}

export function openSpoolRig(url: string, clock: Clock = systemClock): SpoolRig {
  const directory = mkdtempSync(join(tmpdir(), 'remora-spool-'));
  const path = join(directory, 'spool.db');
  const lines: string[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push(`${level} ${message} ${fields.err ?? ''}`);
  const open = () =>
    openSpooledLedger({
      path,
      target: new PostgresUsageStore(new PostgresDatabase({ url, clock })),
      clock,
      log: { info: at('info'), warn: at('warn'), error: at('error') },
      random: () => 0.5,
    });
  let ledger = open();
  return {
    get ledger() {
      return ledger;
    },
    directory,
    path,
    lines,
    async reopen() {
      await ledger.close();
      ledger = open();
      return ledger;
    },
    async close() {
      await ledger.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Resolves once the condition holds; real servers take their time, and a test that waits too long fails by its own timeout. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(20);
}
