import { describe, expect, test } from 'vitest';
import type { Explanation, SelectRequest } from '../../../src/routing/api.ts';
import { Explain } from '../../../src/routing/explain.ts';
import { PoolEntries } from '../../../src/routing/pool-entries.ts';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { patientCall, type RoutingRig, routingRig, selectRequest } from '../../support/routing-rig.ts';
import { nonZeroSeries } from '../telemetry/counters.ts';

async function explain(rig: RoutingRig, parts: Partial<SelectRequest> = {}): Promise<Explanation> {
  const answer = await rig.routing.admin.explain(selectRequest(parts));
  if (answer.kind !== 'done') throw new Error(answer.refusal.message);
  return answer.value;
}

const ranks = ({ accounts }: Explanation) =>
  Object.fromEntries(accounts.map(({ accountId, rank }) => [accountId, rank]));
const verdicts = ({ accounts }: Explanation) =>
  Object.fromEntries(accounts.map(({ accountId, verdict }) => [accountId, verdict]));

/** Fails the lease of a selection as an upstream's answer would. */
async function fail(rig: RoutingRig, leaseId: string, httpStatus: number): Promise<void> {
  const failure = { httpStatus, body: '', transportError: 'NONE', message: '', headers: new Map() } as const;
  await rig.routing.router.report(
    {
      leaseId,
      outcome: { kind: 'failure', failure },
      responseHeaders: new Map(),
      timeToFirstTokenMs: 0,
      durationMs: 5,
      selectNext: false,
    },
    patientCall,
  );
}

async function lease(rig: RoutingRig, parts: Partial<SelectRequest> = {}): Promise<string> {
  const outcome = await rig.select(parts);
  if (outcome.kind !== 'selection') throw new Error(outcome.kind);
  return outcome.selection.lease.id;
}

describe('an explanation', () => {
  test('ranks all that could serve from 1, the others 0, and names the first', async () => {
    const rig = routingRig(`accounts:
      - {id: late, platform: anthropic, priority: 9}
      - {id: off, platform: anthropic, status: disabled}
      - {id: fam, platform: anthropic, priority: 2, api_keys: [k1, k2]}
      - {id: other, platform: openai}
      - {id: early, platform: anthropic, priority: 1}`);
    const explained = await explain(rig);
    expect(ranks(explained)).toEqual({ early: 1, fam: 2, fam__key_1: 3, late: 4, off: 0, other: 0 });
    expect(verdicts(explained)).toMatchObject({
      off: 'DISABLED',
      other: 'PLATFORM_MISMATCH',
      late: 'ELIGIBLE',
    });
    expect(explained).toMatchObject({ wouldSelect: 'early', stickyAccountId: '' });
    expect(explained.failure).toBeUndefined();
  });

  test('ranks a pool longer than any claim is offered', async () => {
    const accounts = Array.from(
      { length: 60 },
      (_, index) => `{id: a${index}, platform: anthropic, priority: ${60 - index}}`,
    );
    const explained = await explain(routingRig(`accounts: [${accounts.join(', ')}]`));
    expect(explained.accounts.map(({ rank }) => rank)).toEqual(
      Array.from({ length: 60 }, (_, index) => 60 - index),
    );
  });

  test('puts a kept binding first', async () => {
    const rig = routingRig(`accounts:
      - {id: a, platform: anthropic, priority: 9}
      - {id: b, platform: anthropic, priority: 1}`);
    const bound = { accountId: 'a', groupId: '' };
    const explained = await explain(rig, { prefetchedSticky: bound });
    expect(explained).toMatchObject({ stickyAccountId: 'a', wouldSelect: 'a' });
    expect(ranks(explained)).toEqual({ a: 1, b: 2 });
  });

  test('reads the binding of the session, and ranks that account alone where it is required', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic}, {id: b, platform: anthropic}]');
    await lease(rig, { sessionId: 's' });
    const { stickyAccountId } = await explain(rig, { sessionId: 's' });
    expect(['a', 'b']).toContain(stickyAccountId);
    const required = await explain(rig, { sessionId: 's', stickyPolicy: 'REQUIRE' });
    expect(required.wouldSelect).toBe(stickyAccountId);
    expect(Object.values(ranks(required)).sort()).toEqual([0, 1]);
    const unbound = await explain(rig, { sessionId: 't', stickyPolicy: 'REQUIRE' });
    expect(unbound).toMatchObject({ wouldSelect: '', failure: { rejections: [] } });
  });

  test('tells why nothing would be selected: full, cooling, or not to be had', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic, concurrency: 1}]');
    await lease(rig);
    expect(await explain(rig)).toMatchObject({
      wouldSelect: '',
      failure: { rejections: [{ verdict: 'CONCURRENCY_FULL', count: 1 }], attempts: [] },
    });
    rig.state.figures('a').cooldown = cooldownUntil(rig.clock.now() + 4_000);
    expect(await explain(rig)).toMatchObject({
      failure: {
        rejections: [{ verdict: 'COOLING_DOWN', count: 1 }],
        attempts: [{ accountId: 'a', skipped: true, reason: 'RATE_LIMIT' }],
        earliestAvailableMs: rig.clock.now() + 4_000,
      },
    });
    expect(await explain(rig, { platform: 'openai' })).toMatchObject({
      failure: { rejections: [{ verdict: 'PLATFORM_MISMATCH', count: 1 }] },
    });
  });

  test('goes on to a fallback model, whose verdicts and ranks it gives', async () => {
    const rig = routingRig(`
models: [{name: m, fallbacks: [openai/o]}]
accounts:
  - {id: a, platform: anthropic}
  - {id: o, platform: openai}`);
    rig.state.figures('a').cooldown = cooldownUntil(rig.clock.now() + 4_000);
    const explained = await explain(rig);
    expect(explained.wouldSelect).toBe('o');
    expect(ranks(explained)).toEqual({ a: 0, o: 1 });
    expect(verdicts(explained)).toEqual({ a: 'PLATFORM_MISMATCH', o: 'ELIGIBLE' });
  });

  test('follows a chain: what it tried is out, and its own request counts', async () => {
    const rig = routingRig(`
groups: [{id: g}]
accounts:
  - {id: a, platform: anthropic, groups: [g], priority: 1}
  - {id: b, platform: anthropic, groups: [g], priority: 2}`);
    const first = await lease(rig, { groupId: 'g' });
    expect(await rig.routing.admin.explain(selectRequest({ failoverFrom: first }))).toMatchObject({
      kind: 'refused',
      refusal: { kind: 'precondition' },
    });
    await fail(rig, first, 429);
    const explained = await explain(rig, { failoverFrom: first, groupId: 'ignored' });
    expect(verdicts(explained)).toEqual({ a: 'EXCLUDED', b: 'ELIGIBLE' });
    expect(explained.wouldSelect).toBe('b');
    const second = await lease(rig, { failoverFrom: first });
    await fail(rig, second, 429);
    expect(await explain(rig, { failoverFrom: second })).toMatchObject({
      wouldSelect: '',
      failure: {
        attempts: [
          { accountId: 'a', skipped: false, reason: 'RATE_LIMIT' },
          { accountId: 'b', skipped: false, reason: 'RATE_LIMIT' },
        ],
        // The first of the two cooldowns to end.
        earliestAvailableMs: rig.clock.now() + 60_000,
      },
    });
  });

  test('refuses an unknown group, and what is no lease', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic}]');
    for (const parts of [{ groupId: 'nowhere' }, { failoverFrom: 'no-lease' }]) {
      const answer = await rig.routing.admin.explain(selectRequest(parts));
      expect(answer).toMatchObject({ kind: 'refused', refusal: { kind: 'not_found' } });
    }
  });

  test('carries each account’s load and state', async () => {
    const rig = routingRig(
      'accounts: [{id: a, platform: anthropic, concurrency: 4, priority: 7, type: oauth}]',
    );
    await lease(rig);
    expect((await explain(rig)).accounts[0]).toMatchObject({
      priority: 7,
      tier: 0,
      loadRate: 0.25,
      state: { inFlight: 1, rpm: 1, lastUsedAtMs: rig.clock.now() },
    });
  });
});

test('an account that others wait for is full to a newcomer, free slot or not', async () => {
  const rig = routingRig('accounts: [{id: a, platform: anthropic, concurrency: 2}]');
  const explainer = new Explain(
    rig.deps,
    new PoolEntries({ state: rig.state, settings: rig.deps.settings, random: rig.deps.random }),
    { hasWaiters: (id) => id === 'a' },
  );
  const answer = await explainer.run(selectRequest());
  expect(answer).toMatchObject({
    value: { wouldSelect: '', accounts: [{ accountId: 'a', verdict: 'CONCURRENCY_FULL', rank: 0 }] },
  });
});

describe('explaining changes nothing', () => {
  const text = `
groups: [{id: g}]
accounts:
  - {id: sub, platform: anthropic, type: oauth, groups: [g], limits: {window_cost: 10, rpm: 5, sessions: 2}, concurrency: 2}
  - {id: key, platform: anthropic, type: api_key, groups: [g], limits: {quota: {daily: 3}}}`;

  test('no metric, no binding, no figure, no fill, no change told to anyone', async () => {
    const rig = routingRig(text);
    await lease(rig, { groupId: 'g', sessionId: 's' });
    rig.clock.advance(31_000);
    const now = rig.clock.now();
    const changes: unknown[] = [];
    rig.state.onChange((change) => changes.push(change));
    const bound = () => rig.state.boundAccountId('g', 's', now);
    const figures = () =>
      ['sub', 'key'].map((id) => {
        const { inFlight, waiting, lastUsedAt, cooldown } = rig.state.figures(id);
        return { inFlight, waiting, lastUsedAt, cooldown };
      });
    const before = { series: await nonZeroSeries(rig.metrics), bound: bound(), figures: figures() };
    for (const parts of [
      {},
      { sessionId: 's' },
      { sessionId: 'new' },
      { excludedAccountIds: ['sub', 'key'] },
      { platform: 'openai' },
      { requestId: 'r' },
      { maxWaitMs: 1_000 },
    ])
      await explain(rig, { groupId: 'g', ...parts });
    expect({ series: await nonZeroSeries(rig.metrics), bound: bound(), figures: figures() }).toEqual(before);
    expect(changes).toEqual([]);
    expect(rig.state.boundAccountId('g', 'new', now)).toBe('');
    // The sums it read are still unknown to the store.
    expect(rig.ledger.statements).toContain('windowCosts');
    expect(rig.state.figures('sub').windowCost(Date.UTC(2026, 0, 5, 12), now)).toBeUndefined();
    expect(rig.state.figures('key').quotaUse(now)).toBeUndefined();
  });

  test('a binding to a cooling account is not dropped by being looked at', async () => {
    const rig = routingRig('accounts: [{id: a, platform: anthropic}]');
    await lease(rig, { sessionId: 's' });
    rig.state.figures('a').cooldown = cooldownUntil(rig.clock.now() + 4_000);
    expect((await explain(rig, { sessionId: 's' })).wouldSelect).toBe('');
    expect(rig.state.boundAccountId('', 's', rig.clock.now())).toBe('a');
  });

  test('sums decide as they would in a selection, batch or single, and what can not be read opens', async () => {
    const rig = routingRig(text);
    rig.ledger.costs.set('sub', 10);
    rig.ledger.uses.set('key', { dailyUsd: 3, weeklyUsd: 3, totalUsd: 3 });
    const spent = { sub: 'WINDOW_COST_EXCEEDED', key: 'QUOTA_EXCEEDED' };
    expect(verdicts(await explain(rig, { groupId: 'g' }))).toEqual(spent);
    rig.ledger.failing.add('windowCosts');
    expect(verdicts(await explain(rig, { groupId: 'g' }))).toEqual(spent);
    rig.ledger.failing.add('windowCost');
    const half = await explain(rig, { groupId: 'g' });
    expect(verdicts(half)).toEqual({ sub: 'ELIGIBLE', key: 'QUOTA_EXCEEDED' });
    rig.ledger.failing.add('quotaUse');
    expect(verdicts(await explain(rig, { groupId: 'g' }))).toEqual({ sub: 'ELIGIBLE', key: 'ELIGIBLE' });
  });
});
