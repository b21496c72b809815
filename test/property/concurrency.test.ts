import { expect, test } from 'vitest';
import type { SelectOutcome } from '../../src/routing/api.ts';
import { settled } from '../support/manual-clock.ts';
import { createRoutingRig, patientCall, type RoutingRig, selectRequest } from '../support/routing-rig.ts';
import { catalogFrom, parsed } from '../unit/config/parsed.ts';
import { type Draws, drawsOf } from './random.ts';

const worlds = 40;
const eventsEach = 250;

/** A caller that asks, perhaps waits, and may go away while it does. */
function startCaller(rig: RoutingRig, draws: Draws, done: (outcome: SelectOutcome) => void): () => void {
  const listeners = new Set<() => void>();
  const call = {
    cancelled: false,
    onCancel(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const request = selectRequest({
    sessionId: draws.pick(['', '', 's1', 's2', 's3']),
    maxWaitMs: draws.pick([0, 5_000, 20_000]),
    leaseTtlMs: draws.pick([0, 2_000]),
  });
  void Promise.resolve(rig.routing.router.select(request, call)).then(done);
  return () => {
    call.cancelled = true;
    for (const listener of [...listeners]) listener();
  };
}

test('concurrency is never exceeded, and every caller gets an answer, however calls and reports interleave', async () => {
  let granted = 0;
  let waited = 0;
  for (let seed = 0; seed < worlds; seed += 1) {
    const draws = drawsOf(seed);
    const limits = [1, 1 + draws.below(3), 1 + draws.below(3)];
    const text = `accounts: [${limits.map((limit, index) => `{id: a${index}, platform: anthropic, type: oauth, concurrency: ${limit}}`).join(', ')}]`;
    const rig = createRoutingRig({ catalog: catalogFrom(text), settings: parsed(text).settings, seed });
    /** Leases by account as the callers see them, with their ends. */
    const held = new Map<string, { readonly accountId: string; readonly untilMs: number }>();
    const leavers: (() => void)[] = [];
    let open = 0;
    const check = () => {
      for (const [index, limit] of limits.entries()) {
        const accountId = `a${index}`;
        const live = [...held.values()].filter(
          (lease) => lease.accountId === accountId && lease.untilMs > rig.clock.now(),
        ).length;
        expect(live, `seed ${seed}`).toBeLessThanOrEqual(limit);
        expect(rig.state.figures(accountId).inFlight, `seed ${seed}`).toBeLessThanOrEqual(limit);
      }
    };
    for (let event = 0; event < eventsEach; event += 1) {
      const kind = draws.below(10);
      if (kind < 5) {
        const beganMs = rig.clock.now();
        open += 1;
        leavers.push(
          startCaller(rig, draws, (outcome) => {
            open -= 1;
            if (outcome.kind !== 'selection') return;
            granted += 1;
            if (rig.clock.now() > beganMs) waited += 1;
            const { account, lease } = outcome.selection;
            held.set(lease.id, { accountId: account.id, untilMs: lease.expiresAtMs });
            check();
          }),
        );
      } else if (kind < 8 && held.size > 0) {
        const leaseId = draws.pick([...held.keys()]);
        held.delete(leaseId);
        void rig.routing.router.report(
          {
            leaseId,
            outcome: { kind: draws.pick(['success', 'cancelled']) },
            responseHeaders: new Map(),
            timeToFirstTokenMs: 0,
            durationMs: 1,
            selectNext: false,
          },
          patientCall,
        );
      } else if (kind === 8 && leavers.length > 0) {
        draws.pick(leavers)();
      } else {
        await settled();
        rig.clock.advance(draws.pick([1, 100, 700, 3_000]));
      }
      if (draws.chance(0.4)) await settled();
      check();
    }
    // Nobody waits for ever: the longest wait is over by now.
    for (let round = 0; round < 100; round += 1) {
      rig.clock.advance(1_000);
      await settled();
    }
    expect([open, rig.routing.waiting()], `seed ${seed}`).toEqual([0, 0]);
    for (const leaseId of held.keys()) await rig.routing.router.abandon([leaseId]);
    rig.clock.advance(3_600_000);
    await settled();
    for (const index of limits.keys())
      expect(rig.state.figures(`a${index}`), `seed ${seed}`).toMatchObject({ inFlight: 0, waiting: 0 });
    rig.routing.close();
  }
  expect(granted).toBeGreaterThan(worlds * 20);
  expect(waited).toBeGreaterThan(worlds * 2);
});
