import { describe, expect, test } from 'vitest';
import type { ReportRequest, Selection } from '../../../src/routing/api.ts';
import { patientCall, type RoutingRig, routingRig } from '../../support/routing-rig.ts';

const rig = (): RoutingRig =>
  routingRig('accounts: [{ id: a, platform: anthropic, type: api_key, limits: { quota: { total: 10 } } }]');

async function selection(from: RoutingRig): Promise<Selection> {
  const outcome = await from.select();
  if (outcome.kind !== 'selection') expect.unreachable(outcome.kind);
  return outcome.selection;
}

/** A report of a success that cost 11 USD, more than the account may spend. */
function dear({ lease }: Selection, parts: Partial<ReportRequest> = {}): ReportRequest {
  return {
    leaseId: lease.id,
    outcome: { kind: 'success' },
    usage: {
      inputTokens: 1,
      outputTokens: 1,
      cacheReadTokens: 0,
      cacheCreationTokens: 0,
      standardCostUsd: 11,
    },
    responseHeaders: new Map(),
    timeToFirstTokenMs: 0,
    durationMs: 0,
    selectNext: false,
    ...parts,
  };
}

/** Makes the quota known to the state store, as of before the booking. */
async function readQuota({ ledger, ...from }: RoutingRig): Promise<void> {
  ledger.uses.set('a', { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 });
  await selection({ ledger, ...from });
  ledger.uses.set('a', { dailyUsd: 11, weeklyUsd: 11, totalUsd: 11 });
}

describe('a report', () => {
  test('is in the ledger before it frees the slot', async () => {
    const { ledger, routing, state, ...rest } = rig();
    const leased = await selection({ ledger, routing, state, ...rest });
    const seen: number[] = [];
    const book = ledger.book.bind(ledger);
    ledger.book = async (entry) => {
      seen.push(state.figures('a').inFlight);
      return book(entry);
    };
    await routing.router.report(dear(leased), patientCall);
    expect([...seen, state.figures('a').inFlight]).toEqual([1, 0]);
  });

  test('told twice at once counts its cost once and settles once', async () => {
    const from = rig();
    await readQuota(from);
    const leased = await selection(from);
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => from.routing.router.report(dear(leased), patientCall)),
    );
    const first = outcomes.filter((outcome) => outcome.kind === 'reported' && !outcome.answer.duplicate);
    expect(first).toHaveLength(1);
    // Known once, or to be read anew; never twice.
    expect([11, undefined]).toContain(from.state.figures('a').quotaUse(from.clock.now())?.totalUsd);
  });

  test('is completed by its second telling where the state store failed at the first', async () => {
    const from = rig();
    await readQuota(from);
    const leased = await selection(from);
    const settle = from.state.settle.bind(from.state);
    from.state.settle = () => {
      from.state.settle = settle;
      throw new Error('the store is away');
    };
    await expect(from.routing.router.report(dear(leased), patientCall)).rejects.toThrow('away');
    expect(await from.routing.router.report(dear(leased), patientCall)).toMatchObject({
      kind: 'reported',
      answer: { duplicate: false },
    });
    expect(from.ledger.booked.size).toBe(1);
    expect(await from.select()).toMatchObject({ kind: 'refused', refusal: { kind: 'exhausted' } });
  });

  test('of a lease of an account that the catalog no longer has is booked all the same', async () => {
    const from = rig();
    const leased = await selection(from);
    const gone = leased.lease.id.replace(/\..*/, `.${Buffer.from('4:0:gonem').toString('base64url')}`);
    expect(await from.routing.router.report(dear(leased, { leaseId: gone }), patientCall)).toMatchObject({
      kind: 'reported',
    });
    expect([...from.ledger.booked.values()]).toMatchObject([{ accountId: 'gone', model: 'm', costUsd: 11 }]);
  });
});
