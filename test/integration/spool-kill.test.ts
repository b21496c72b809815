import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { openSpoolRig, type SpoolRig, until } from './spool-rig.ts';

const booker = join(import.meta.dirname, '../support/spool-booker.ts');
const accountIds = [0, 1, 2, 3, 4].map((index) => `account-${index}`);

describe('a sidecar that is killed while its spool is sent on', () => {
  let server: PostgresServer;
  let url: string;
  let rig: SpoolRig;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    url = server.schemaUrl();
    rig = openSpoolRig(url);
  });
  afterEach(async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rig.close();
  });

  /** Starts a booker, kills it as soon as it has printed so many lease ids, and gives back all it ever printed. */
  async function bookUntilKilled(prefix: string, killAfter: number): Promise<string[]> {
    const running = spawn(process.execPath, [booker, rig.path, url, prefix], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = running;
    const printed: string[] = [];
    const lines = createInterface({ input: running.stdout }).on('line', (line) => {
      printed.push(line);
      if (printed.length === killAfter) running.kill('SIGKILL');
    });
    await Promise.all([once(running, 'exit'), once(lines, 'close')]);
    expect(running.signalCode, 'the booker ended before it was killed').toBe('SIGKILL');
    return printed;
  }

  it('has every answered report in Postgres exactly once, to the cent, however often it happens', {
    timeout: 120_000,
  }, async () => {
    const answered: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      await rig.ledger.close();
      const killAfter = 500 + Math.floor(Math.random() * 8_000);
      answered.push(...(await bookUntilKilled(`round-${round}`, killAfter)));
      const reopened = await rig.reopen();

      // What it still holds counts before it has arrived, and what has arrived is not counted again.
      const sums = await reopened.windowCosts(accountIds, 0);
      await until(() => reopened.spooled() === 0);
      const arrived = await reopened.windowCosts(accountIds, 0);
      expect(arrived, `killed after ${killAfter} answers`).toEqual(sums);

      const client = await server.client(url);
      const { rows } = await client.query('SELECT lease_id, cost_usd::float8 AS usd FROM usage');
      const days = await client.query('SELECT sum(cost_usd)::float8 AS usd FROM usage_days');
      await client.end();
      const booked = new Set<string>(rows.map(({ lease_id }) => lease_id));
      expect(booked.size).toBe(rows.length);
      expect(answered.filter((leaseId) => !booked.has(leaseId))).toEqual([]);
      // Beside those, at most the batch that was on its way when the process died, once a round.
      expect(rows.length - answered.length).toBeLessThanOrEqual(20 * (round + 1));
      const usd = rows.length * 1.25;
      expect(days.rows[0]?.usd).toBe(usd);
      expect([...arrived.values()].reduce((sum, cost) => sum + cost, 0)).toBe(usd);
    }
  });
});
