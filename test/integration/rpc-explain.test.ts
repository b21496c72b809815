import { describe, expect, it } from 'vitest';
import { Verdict } from '../../gen/remora/v1/selection_pb.ts';
import {
  costing,
  failedWith,
  leaseOf,
  nameOf,
  refusalOf,
  rejectionsOf,
  report,
  type SelectInit,
  seconds,
  select,
} from '../support/calls.ts';
import { readSeries } from '../support/metric-deltas.ts';
import { apiKey, bedrock, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import { queue } from '../support/waiting.ts';

const pool = groupOf(
  [
    subscription('a', { concurrency: 1, limits: { window_cost: 10, rpm: 2, sessions: 1 } }),
    subscription('b', { concurrency: 2, limits: { window_cost: 10 } }),
    subscription('c', { concurrency: 2 }),
    apiKey('key', { models: ['m', 'n'], limits: { quota: { daily: 10 } } }),
    bedrock('last', { models: ['m'], priority: 10 }),
    apiKey('other', { platform: 'openai' }),
    apiKey('off', { status: 'disabled' }),
  ],
  { scheduling: { tier_fallback: true } },
);

const explain = (app: RunningApp, request: SelectInit = {}) =>
  app.admin.explainSelection({ select: { groupId: 'g', model: 'm', ...request } });

/** Everything the metrics say, but of the calls themselves. */
async function figuresOf(app: RunningApp) {
  const series = await readSeries(app.httpUrl);
  return new Map([...series].filter(([name]) => !name.startsWith('grpc_server_handled_total')));
}

interface Situation {
  readonly what: string;
  readonly request?: SelectInit;
  readonly before?: (app: RunningApp) => Promise<unknown>;
}

const situations: readonly Situation[] = [
  { what: 'a fresh pool' },
  { what: 'a fresh pool and a session', request: { sessionId: 's' } },
  { what: 'accounts in use', before: (app) => Promise.all([select(app), select(app), select(app)]) },
  {
    what: 'a session with an account',
    request: { sessionId: 's' },
    before: async (app) =>
      report(app, await select(app, { sessionId: 's', excludedAccountIds: ['a', 'b', 'c'], model: 'm' })),
  },
  {
    what: 'a session whose account cools',
    request: { sessionId: 's' },
    before: async (app) => report(app, await select(app, { sessionId: 's', model: 'm' }), failedWith(429)),
  },
  {
    what: 'spent accounts',
    before: async (app) => {
      for (let index = 0; index < 2; index += 1) await report(app, await select(app), costing(20));
    },
  },
  {
    what: 'a chain that failed before',
    before: async (app) => report(app, await select(app, { model: 'm' }), failedWith(500)),
  },
  { what: 'exclusions', request: { excludedAccountIds: ['a', 'b', 'c'] } },
  { what: 'another platform', request: { platform: 'openai' } },
  {
    what: 'a prefetched account',
    request: { sessionId: 's', prefetchedSticky: { accountId: 'key', groupId: 'g' } },
  },
];

describe.each(situations)('an explanation of $what', ({ request, before }) => {
  it('changes nothing and agrees with the selection that follows', async () => {
    const app = await startTestApp({ config: pool });
    await before?.(app);
    const figures = await figuresOf(app);
    const explained = await explain(app, request);
    const again = await explain(app, request);
    expect(await figuresOf(app)).toEqual(figures);
    expect(again).toEqual(explained);
    const selection = await select(app, { model: 'm', ...request });
    expect(selection.account?.id).toBe(explained.wouldSelect);
    const first = explained.accounts.find(({ rank }) => rank === 1);
    expect(first?.accountId).toBe(explained.wouldSelect);
  });
});

describe('an explanation', () => {
  it('tells the verdict on every account of the pool', async () => {
    const app = await startTestApp({ config: pool });
    await select(app, { sessionId: 'other' });
    const { accounts } = await explain(app, { sessionId: 's', excludedAccountIds: ['c'] });
    const verdicts = Object.fromEntries(
      accounts.map(({ accountId, verdict }) => [accountId, nameOf(Verdict, verdict)]),
    );
    const taken = (await app.metric('remora_account_in_flight', { account: 'a' })) === 1;
    expect(verdicts).toEqual({
      a: taken ? 'SESSION_LIMIT' : 'ELIGIBLE',
      b: 'ELIGIBLE',
      c: 'EXCLUDED',
      key: 'ELIGIBLE',
      last: 'ELIGIBLE',
      other: 'PLATFORM_MISMATCH',
      off: 'DISABLED',
    });
    const ranked = accounts.filter(({ rank }) => rank > 0).sort((x, y) => x.rank - y.rank);
    expect(ranked.map(({ tier }) => tier)).toEqual([...ranked.map(({ tier }) => tier)].sort());
    expect(ranked.map(({ rank }) => rank)).toEqual(ranked.map((_, index) => index + 1));
  });

  it('tells of a refusal what the selection tells', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await report(app, await select(app, { model: 'm' }), failedWith(401));
    const { failure, wouldSelect } = await explain(app);
    const refusal = await refusalOf(select(app, { model: 'm' }));
    expect(wouldSelect).toBe('');
    expect(rejectionsOf(failure)).toEqual(rejectionsOf(refusal.failure));
    expect(failure?.earliestAvailable).toEqual(refusal.failure?.earliestAvailable);
  });

  it('of a full pool says that nothing would be selected, and who waits', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a', { concurrency: 1 })]) });
    await select(app);
    await queue(app, [{ maxWait: seconds(20) }]);
    const { accounts, wouldSelect } = await explain(app);
    expect(wouldSelect).toBe('');
    expect(accounts[0]).toMatchObject({ rank: 0, state: { inFlight: 1, waiting: 1 } });
    expect(nameOf(Verdict, accounts[0]?.verdict)).toBe('CONCURRENCY_FULL');
  });

  it('follows a chain', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a'), subscription('b', { priority: 90 })]),
    });
    const first = await select(app, { model: 'm' });
    await report(app, first, failedWith(429));
    const { wouldSelect, accounts } = await explain(app, { failoverFrom: leaseOf(first) });
    expect(wouldSelect).toBe('b');
    expect(nameOf(Verdict, accounts[0]?.verdict)).toBe('EXCLUDED');
  });
});
