import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryStateStore } from '../../../../src/adapters/memory/state-store.ts';
import type { Lease } from '../../../../src/ports/state-store.ts';
import { policy, StateStoreRig, spendTtlMs } from '../../../contract/state-store-rig.ts';

const accounts = ['a', 'b', 'c'];
const concurrency: Readonly<Record<string, number>> = { a: 1, b: 3, c: 0 };

const step = fc.record({
  passMs: fc.oneof(fc.constant(0), fc.nat(200), fc.nat(40_000), fc.nat(3_000_000)),
  act: fc.constantFrom(
    'claim',
    'claim',
    'claim',
    'repeat',
    'report',
    'report',
    'abandon',
    'renew',
    'expire',
    'clear',
  ),
  outcome: fc.constantFrom('success', 'cancelled', 'RATE_LIMIT', 'BILLING', 'FORMAT', 'SERVER_ERROR'),
  ttlMs: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 600_000 })),
  model: fc.constantFrom('m', 'n'),
  session: fc.constantFrom(undefined, 's', 't'),
  pick: fc.nat(30),
});
type Step = typeof step extends fc.Arbitrary<infer Made> ? Made : never;

/** The store beside a plain list of the leases that should be held. */
class Model {
  readonly rig = new StateStoreRig();
  readonly granted: Lease[] = [];
  readonly held = new Map<string, { readonly accountId: string; endMs: number; readonly key: string }>();

  constructor() {
    this.rig.begin(new MemoryStateStore({ timings: policy, spendTtlMs, maxSettled: 50, maxChains: 10 }));
  }

  async run({ passMs, act, outcome, ttlMs, model, session, pick }: Step): Promise<void> {
    const { rig } = this;
    rig.pass(passMs);
    for (const [id, { endMs }] of this.held) if (endMs <= rig.nowMs) this.held.delete(id);
    const lease = this.granted[pick % Math.max(1, this.granted.length)];
    if (act === 'claim' || act === 'repeat') {
      const requestKey = act === 'repeat' ? `k${pick % 3}` : '';
      await this.#claim(ttlMs, model, session, requestKey);
    } else if (act === 'expire') {
      await rig.store.expire(rig.nowMs);
    } else if (act === 'clear') {
      await rig.store.clearCooldowns({ accountId: '', model: '' }, rig.nowMs);
    } else if (lease !== undefined && act === 'renew') {
      const held = this.held.get(lease.id);
      const renewed = await rig.store.renew(lease.id, ttlMs, rig.nowMs);
      expect(renewed !== undefined).toBe(held !== undefined);
      if (held !== undefined) held.endMs = rig.nowMs + ttlMs;
    } else if (lease !== undefined && act === 'abandon') {
      await rig.store.abandon([lease.id, lease.id], rig.nowMs);
      this.held.delete(lease.id);
    } else if (lease !== undefined) {
      await this.#report(lease, outcome);
      this.held.delete(lease.id);
    }
    await this.check();
  }

  /** The store, asked what it holds now, agrees with the list. */
  async check(): Promise<void> {
    const { store, nowMs } = this.rig;
    await store.expire(nowMs);
    expect(store.leasesActive()).toBe(this.held.size);
    for (const accountId of accounts) {
      const held = [...this.held.values()].filter((lease) => lease.accountId === accountId).length;
      const { inFlight, waiting } = store.figures(accountId);
      expect({ accountId, inFlight, waiting }).toEqual({ accountId, inFlight: held, waiting: 0 });
      const limit = concurrency[accountId]!;
      if (limit > 0) expect(inFlight).toBeLessThanOrEqual(limit);
    }
  }

  async #claim(ttlMs: number, model: string, session: string | undefined, requestKey: string): Promise<void> {
    const { rig } = this;
    const assumedAccountId = session === undefined ? '' : rig.store.boundAccountId('g', session, rig.nowMs);
    const result = await rig.claim({
      of: accounts.map((accountId) => ({ accountId, concurrency: concurrency[accountId]! })),
      ttlMs,
      model,
      requestKey,
      ...(session !== undefined && { session: { sessionId: session, assumedAccountId } }),
    });
    expect(result.kind).not.toBe('binding_differs');
    const keyed = [...this.held].find(([, { key }]) => key !== '' && key === requestKey);
    expect(result.kind === 'replayed').toBe(keyed !== undefined);
    if (result.kind === 'replayed') expect(result.lease.id).toBe(keyed?.[0]);
    if (result.kind !== 'granted') return;
    const { lease } = result;
    this.granted.push(lease);
    this.held.set(lease.id, { accountId: lease.accountId, endMs: lease.expiresAtMs, key: requestKey });
  }

  async #report(lease: Lease, outcome: Step['outcome']): Promise<void> {
    if (outcome === 'success') await this.rig.succeed(lease);
    else if (outcome === 'cancelled') await this.rig.cancel(lease);
    else await this.rig.fail(lease, outcome, { fingerprint: outcome === 'SERVER_ERROR' ? 'down' : '' });
  }
}

describe('the store in memory, through any sequence of calls', () => {
  it('counts in flight exactly the leases held, within the limits, and nothing once they have ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const model = new Model();
        for (const each of steps) await model.run(each);
        model.rig.pass(3_600_000);
        model.held.clear();
        await model.check();
      }),
      { numRuns: 300 },
    );
  });
});
