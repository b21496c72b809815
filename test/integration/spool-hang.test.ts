import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LedgerError } from '../../src/ports/ledger.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { openTcpGate, type TcpGate } from '../support/tcp-gate.ts';
import { usageEntry } from '../support/usage-entries.ts';
import { openSpoolRig, type SpoolRig, until } from './spool-rig.ts';

describe('a spool whose Postgres says nothing', () => {
  let server: PostgresServer;
  let gate: TcpGate;
  let url: string;
  let rig: SpoolRig;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    const direct = new URL(server.schemaUrl());
    gate = await openTcpGate(Number(direct.port));
    direct.port = String(gate.port);
    url = direct.href;
    rig = openSpoolRig(url);
  });
  afterEach(async () => {
    await rig.close();
    await gate.close();
  });

  it('answers every booking at once and every question within seconds, and catches up afterwards', async () => {
    await rig.ledger.book(usageEntry());
    await until(() => rig.ledger.spooled() === 0);
    gate.block();
    const beganMs = performance.now();
    await Promise.all(Array.from({ length: 100 }, () => rig.ledger.book(usageEntry())));
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    const questions = Array.from({ length: 20 }, (_, index) => rig.ledger.windowCost(`account-${index}`, 0));
    for (const answer of await Promise.allSettled(questions)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(LedgerError) });
    }
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    const oneMoreMs = performance.now();
    await expect(rig.ledger.windowCost('account', 0)).rejects.toThrow(LedgerError);
    expect(performance.now() - oneMoreMs).toBeLessThan(2_500);
    expect(rig.ledger.spooled()).toBe(100);

    gate.open();
    await until(() => rig.ledger.spooled() === 0);
    expect(await rig.ledger.windowCost('account', 0)).toBe(101);
  });

  it('books once where the connection breaks after Postgres has taken a batch and before it could say so', async () => {
    const client = await server.client(url);
    await rig.ledger.windowCost('account', 0);
    for (let round = 1; round <= 4; round += 1) {
      await Promise.all(Array.from({ length: 30 }, () => rig.ledger.book(usageEntry())));
      // Breaks connections as soon as the rows are there, which is while the answer is on its way or has just come.
      await until(async () => {
        const { rows } = await client.query('SELECT count(*)::int AS rows FROM usage');
        return rows[0].rows > (round - 1) * 30;
      });
      gate.reset();
      await until(() => rig.ledger.spooled() === 0);
      expect(await rig.ledger.windowCost('account', 0)).toBe(round * 30);
    }
    const { rows } = await client.query('SELECT count(*)::int AS rows FROM usage');
    expect(rows[0].rows).toBe(120);
  });
});
