import { describe, expect, it } from 'vitest';
import { AccountType } from '../../gen/remora/v1/account_pb.ts';
import { Sticky } from '../../gen/remora/v1/selection_pb.ts';
import { failedWith, leaseOf, nameOf, report, select, selectId } from '../support/calls.ts';
import { apiKey, bedrock, groupOf, subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';

// Priorities run against the tiers, so that the two can be told apart.
const accounts = [
  bedrock('bedrock', { priority: 1, concurrency: 1 }),
  apiKey('key', { priority: 2, concurrency: 1 }),
  subscription('token', { priority: 4, concurrency: 1, type: 'setup_token' }),
  subscription('oauth', { priority: 3, concurrency: 1 }),
];
const tiered = groupOf(accounts, { scheduling: { tier_fallback: true } });

describe('tiers', () => {
  it('run from subscriptions over API keys to Bedrock', async () => {
    const app = await startTestApp({ config: tiered });
    const got = [await select(app), await select(app), await select(app), await select(app)];
    expect(got.map(({ account, tier }) => [account?.id, nameOf(AccountType, account?.type), tier])).toEqual([
      ['oauth', 'OAUTH', 0],
      ['token', 'SETUP_TOKEN', 0],
      ['key', 'API_KEY', 1],
      ['bedrock', 'BEDROCK', 2],
    ]);
    for (const tier of ['0', '1', '2'])
      expect(await app.metric('remora_selections_total', { outcome: 'selected', tier })).toBe(
        tier === '0' ? 2 : 1,
      );
  });

  it('let an account of a type nobody knows rank with the subscriptions', async () => {
    const odd = { ...subscription('odd', { priority: 90 }), type: 'voucher' };
    const app = await startTestApp({
      config: groupOf([...accounts.slice(0, 2), odd], { scheduling: { tier_fallback: true } }),
    });
    const selection = await select(app);
    expect([selection.account?.id, selection.tier]).toEqual(['odd', 0]);
  });

  it('leave a session where it is bound, in whatever tier', async () => {
    const app = await startTestApp({ config: tiered });
    const others = { sessionId: 's', excludedAccountIds: ['oauth', 'token', 'key'] };
    await report(app, await select(app, others));
    const kept = await select(app, { sessionId: 's' });
    expect([kept.account?.id, nameOf(Sticky, kept.sticky)]).toEqual(['bedrock', 'KEPT']);
  });

  it('are passed over as a whole where all of one cools', async () => {
    const app = await startTestApp({ config: tiered });
    for (const id of ['oauth', 'token']) {
      const selection = await select(app);
      expect(selection.account?.id).toBe(id);
      await report(app, selection, failedWith(429));
    }
    expect(await selectId(app)).toBe('key');
  });

  it('count for nothing where they are off: priority alone decides', async () => {
    const app = await startTestApp({ config: groupOf(accounts) });
    const ids = [await selectId(app), await selectId(app), await selectId(app), await selectId(app)];
    expect(ids).toEqual(['bedrock', 'key', 'oauth', 'token']);
  });

  it('are a matter of the group before they are one of the sidecar', async () => {
    const off = { ...tiered, groups: [{ id: 'g', tier_fallback: false }] };
    const app = await startTestApp({ config: off });
    expect(await selectId(app)).toBe('bedrock');
    app.reload({ ...groupOf(accounts), groups: [{ id: 'g', tier_fallback: true }] });
    expect(await selectId(app)).toBe('oauth');
  });
});

describe('rank', () => {
  it('goes by load after priority, and then by who was used least recently', async () => {
    const app = await startTestApp({
      config: groupOf([
        subscription('small', { concurrency: 2 }),
        subscription('large', { concurrency: 4 }),
        subscription('last', { concurrency: 4, priority: 60 }),
      ]),
    });
    const first = [await selectId(app), await selectId(app)].sort();
    expect(first).toEqual(['large', 'small']);
    // A half of the small one is taken, a quarter of the large one.
    expect(await selectId(app)).toBe('large');
    // Both are half full: the small one was used before.
    expect(await selectId(app)).toBe('small');
  });

  it('puts the accounts that routing names for a model first', async () => {
    const config = groupOf([subscription('a', { priority: 1 }), subscription('b', { concurrency: 1 })], {
      groups: [{ id: 'g', model_routing: { 'opus*': ['b'] } }],
    });
    const app = await startTestApp({ config });
    await report(app, await select(app, { model: 'sonnet', sessionId: 's' }));
    const routed = await select(app, { model: 'opus-4', sessionId: 's' });
    expect([routed.account?.id, nameOf(Sticky, routed.sticky)]).toEqual(['b', 'MOVED']);
    expect(await selectId(app, { model: 'opus-4' })).toBe('a');
    await report(app, leaseOf(routed));
    expect(await selectId(app, { model: 'opus-4' })).toBe('b');
  });
});
