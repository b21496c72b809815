import { describe, expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { Sticky, StickyPolicy, Verdict } from '../../gen/remora/v1/selection_pb.ts';
import {
  failedWith,
  leaseOf,
  planOf,
  refusalOf,
  rejectionsOf,
  report,
  type SelectInit,
  seconds,
  select,
  selectId,
} from '../support/calls.ts';
import { counted } from '../support/metric-deltas.ts';
import { apiKey, bedrock, type ConfigParts, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import { queue } from '../support/waiting.ts';

const claim = (app: RunningApp, ...requests: SelectInit[]) =>
  Promise.all(requests.map((request) => select(app, request)));

describe('model routing', () => {
  const routed = (parts: ConfigParts = {}) => ({
    groups: [{ id: 'g', model_routing: { 'r-*': ['c'], 'r-family': ['keys'] } }],
    accounts: [
      subscription('a'),
      subscription('b'),
      apiKey('c', { priority: 90, concurrency: 1, ...parts }),
      apiKey('keys', { priority: 95, concurrency: 1, api_keys: ['k1', 'k2'] }),
    ],
  });

  it('takes a session away from an account that it does not name, and says so', async () => {
    const app = await startTestApp({ config: routed() });
    const from = await selectId(app, { sessionId: 's' });
    expect(await select(app, { sessionId: 's', model: 'r-1' })).toMatchObject({
      account: { id: 'c' },
      sticky: Sticky.MOVED,
      movedFrom: { accountId: from, verdict: Verdict.ELIGIBLE },
    });
  });

  it('keeps a session at an account that it names, even to wait there', async () => {
    const app = await startTestApp({ config: routed() });
    const held = await select(app, { sessionId: 's', model: 'r-1' });
    expect(await planOf(app, { sessionId: 's', model: 'r-1' })).toMatchObject({
      accountId: 'c',
      maxWaiting: 3,
    });
    await report(app, held);
    expect((await select(app, { sessionId: 's', model: 'r-1' })).sticky).toBe(Sticky.KEPT);
  });

  it('gives way to the whole pool where none that it names can serve', async () => {
    const app = await startTestApp({ config: routed() });
    await report(app, await select(app, { model: 'r-1' }), failedWith(429));
    expect(['a', 'b']).toContain(await selectId(app, { model: 'r-1' }));
  });

  it('names a key family by its id, for all its keys in their order', async () => {
    const app = await startTestApp({ config: routed() });
    const model = 'r-family';
    expect([await selectId(app, { model }), await selectId(app, { model })]).toEqual(['keys', 'keys__key_1']);
  });
});

describe('mixed scheduling', () => {
  const groups = [
    { id: 'g', platform: 'anthropic' },
    { id: 'gemini', platform: 'gemini' },
    { id: 'openai', platform: 'openai' },
  ];
  const account = (id: string, mixed: boolean) => ({
    ...subscription(id, { platform: 'antigravity', mixed_scheduling: mixed }),
    groups: groups.map(({ id: groupId }) => groupId),
  });

  it('lends an antigravity account to anthropic and gemini groups, and to no forced platform', async () => {
    const app = await startTestApp({ config: { groups, accounts: [account('m', true)] } });
    expect(await selectId(app)).toBe('m');
    expect(await selectId(app, { groupId: 'gemini' })).toBe('m');
    expect(await selectId(app, { groupId: 'openai', platform: 'antigravity' })).toBe('m');
    for (const request of [{ groupId: 'openai' }, { platform: 'anthropic' }, { platform: 'gemini' }]) {
      const { code, failure } = await refusalOf(select(app, request));
      expect(code).toBe('FAILED_PRECONDITION');
      expect(rejectionsOf(failure)).toEqual({ PLATFORM_MISMATCH: 1 });
    }
  });

  it('is off unless the account says so', async () => {
    const app = await startTestApp({ config: { groups, accounts: [account('m', false)] } });
    expect((await refusalOf(select(app))).code).toBe('FAILED_PRECONDITION');
  });
});

describe('a binding', () => {
  const two = (a: ConfigParts = {}, parts: ConfigParts = {}) =>
    groupOf([subscription('a', { priority: 1, ...a }), subscription('b', { priority: 2 })], parts);
  const leave = (app: RunningApp) => select(app, { sessionId: 's' });

  it.each([
    { why: 'is switched off', act: (app: RunningApp) => app.reload(two({ status: 'disabled' })) },
    { why: 'is in error', act: (app: RunningApp) => app.reload(two({ status: 'error' })) },
    { why: 'left the group', act: (app: RunningApp) => app.reload(two({ groups: [] })) },
    { why: 'left the configuration', act: (app: RunningApp) => app.reload(groupOf([subscription('b')])) },
    { why: 'expired', act: (app: RunningApp) => app.clock.advance(3_600_000 - 1) },
    {
      why: 'was taken out by an operator',
      act: (app: RunningApp) => app.admin.setAccountSchedulable({ accountId: 'a', schedulable: false }),
    },
  ])('goes where its account $why', async ({ act }) => {
    const app = await startTestApp({ config: two({ expires_at: '2026-01-05T12:59:59Z' }) });
    expect((await leave(app)).account?.id).toBe('a');
    await act(app);
    expect(await leave(app)).toMatchObject({
      account: { id: 'b' },
      sticky: Sticky.MOVED,
      movedFrom: { accountId: 'a', verdict: Verdict.DISABLED },
    });
  });

  it('is cleared, and counted so, where nobody else can serve', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await leave(app);
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: false });
    const moved = await counted(app, ['sticky_changes'], () => refusalOf(leave(app)));
    expect(moved).toEqual({ 'sticky_changes{change="cleared"}': 1 });
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: true });
    expect((await leave(app)).sticky).toBe(Sticky.BOUND);
  });

  it('stays where the request excludes its account, or asks for another model', async () => {
    const app = await startTestApp({ config: two({ models: ['m'] }) });
    await leave(app);
    const other = groupOf([subscription('a', { models: ['m'] })]);
    app.reload(other);
    await refusalOf(select(app, { sessionId: 's', excludedAccountIds: ['a'] }));
    await refusalOf(select(app, { sessionId: 's', model: 'n' }));
    expect((await leave(app)).sticky).toBe(Sticky.KEPT);
  });

  it('that the caller brings along needs no session, and binds none', async () => {
    const app = await startTestApp({ config: two() });
    const prefetchedSticky = { accountId: 'b', groupId: 'g' };
    expect(await select(app, { prefetchedSticky })).toMatchObject({
      account: { id: 'b' },
      sticky: Sticky.UNSPECIFIED,
    });
    const required = { prefetchedSticky, stickyPolicy: StickyPolicy.REQUIRE };
    expect(await selectId(app, required)).toBe('b');
  });

  it('that the caller learnt in another group is not believed', async () => {
    const app = await startTestApp({ config: two() });
    const reads = ['sticky_reads'];
    const ask = () => select(app, { sessionId: 's', prefetchedSticky: { accountId: 'b', groupId: '' } });
    expect(await counted(app, reads, ask)).toEqual({ 'sticky_reads{result="miss"}': 1 });
    expect((await ask()).account?.id).toBe('a');
  });
});

describe('a request id', () => {
  it('is known by its group and user, whatever else the repeated request says', async () => {
    const app = await startTestApp({
      config: { groups: [{ id: 'g' }, { id: 'h' }], accounts: [subscription('a', { groups: ['g', 'h'] })] },
    });
    const asked = { requestId: 'r', userId: 'u' };
    const first = leaseOf(await select(app, asked));
    const [same, otherUser, otherGroup] = (
      await claim(
        app,
        { ...asked, model: 'm', sessionId: 's' },
        { ...asked, userId: 'v' },
        { ...asked, groupId: 'h' },
      )
    ).map(leaseOf);
    expect(same).toBe(first);
    expect(new Set([first, otherUser, otherGroup]).size).toBe(3);
    expect(await app.metric('remora_account_in_flight')).toBe(3);
  });

  it('gets its lease again although nothing is left to claim', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a', { concurrency: 1 })]) });
    const first = leaseOf(await select(app, { requestId: 'r' }));
    expect(leaseOf(await select(app, { requestId: 'r' }))).toBe(first);
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: false });
    expect(leaseOf(await select(app, { requestId: 'r' }))).toBe(first);
  });
});

describe('the plan of who would wait', () => {
  it('counts who waits there already, and not the callers that hold slots', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a', { concurrency: 2 })]) });
    await claim(app, {}, {});
    const calls = await queue(app, [{ maxWait: seconds(5) }, { maxWait: seconds(5) }]);
    expect(await planOf(app)).toMatchObject({
      accountId: 'a',
      maxConcurrency: 2,
      maxWaiting: 100,
      waiting: 2,
      timeout: seconds(30),
    });
    app.clock.advance(5_000);
    for (const call of calls) expect((await refusalOf(call)).code).toBe('RESOURCE_EXHAUSTED');
  });
});

describe('what a selection says of its account', () => {
  it('is what the configuration says of it, and the name of the model upstream', async () => {
    const told = {
      base_url: 'https://x.example',
      proxy_url: 'http://p.example:3128',
      labels: { region: 'eu' },
    };
    const models = { 'claude-*': 'us.claude-*', 'claude-x': 'x-1', plain: null };
    const app = await startTestApp({
      config: groupOf([bedrock('a', { name: 'first', priority: 7, models, ...told })], {
        groups: [{ id: 'g', rate_multiplier: 2.5 }],
      }),
    });
    const upstream = [];
    for (const model of ['claude-x', 'claude-y', 'plain', ''])
      upstream.push((await select(app, { model })).upstreamModel);
    expect(upstream).toEqual(['x-1', 'us.claude-y', 'plain', '']);
    expect(rejectionsOf((await refusalOf(select(app, { model: 'other' }))).failure)).toEqual({
      MODEL_UNSUPPORTED: 1,
    });
    expect(await select(app)).toMatchObject({
      account: {
        id: 'a',
        name: 'first',
        platform: 'anthropic',
        type: 4,
        priority: 7,
        baseUrl: told.base_url,
        proxyUrl: told.proxy_url,
        labels: told.labels,
      },
      rateMultiplier: 2.5,
      tier: 2,
      attempt: 1,
      degraded: false,
      credential: '',
    });
  });
});

describe('ListModels', () => {
  it('lists what accounts of one platform offer, or of all, and who could serve now', async () => {
    const app = await startTestApp({
      config: {
        groups: [{ id: 'g' }],
        accounts: [
          subscription('a', { models: ['m', 'shared'], concurrency: 1 }),
          apiKey('o', { platform: 'openai', models: { shared: 'upstream', 'gpt-*': 'gpt-*' } }),
          apiKey('out', { platform: 'openai', groups: [], models: ['hidden'] }),
        ],
      },
    });
    const list = async (request: object) => {
      const { models, unrestricted } = await app.grpc.unary(RouterService.method.listModels, request);
      const entries = models.map((model) => [
        model.id,
        model.platforms,
        model.accountCount,
        model.availableCount,
      ]);
      return { entries, unrestricted };
    };
    await select(app, { model: 'm' });
    expect(await list({ groupId: 'g' })).toEqual({
      entries: [
        ['m', ['anthropic'], 1, 0],
        ['shared', ['anthropic', 'openai'], 2, 1],
      ],
      unrestricted: true,
    });
    expect(await list({ groupId: 'g', platform: 'anthropic' })).toMatchObject({ unrestricted: false });
    expect((await list({})).entries.map(([id]) => id)).toEqual(['hidden', 'm', 'shared']);
  });
});
