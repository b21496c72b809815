import { timestampMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { Sticky } from '../../gen/remora/v1/selection_pb.ts';
import {
  costing,
  failedWith,
  planOf,
  refusalOf,
  report,
  seconds,
  select,
  selectId,
} from '../support/calls.ts';
import { counted } from '../support/metric-deltas.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';
import { queue } from '../support/waiting.ts';

const start = (parts: object, accounts = [subscription('a', { concurrency: 1 })]) =>
  startTestApp({ config: groupOf(accounts, { ...parts }) });

describe('scheduling', () => {
  it('sticky_ttl: how long a session keeps its account', async () => {
    const app = await start({ scheduling: { sticky_ttl: '10s' } }, [subscription('a')]);
    await select(app, { sessionId: 's' });
    app.clock.advance(9_999);
    expect((await select(app, { sessionId: 's' })).sticky).toBe(Sticky.KEPT);
    app.clock.advance(10_000);
    expect((await select(app, { sessionId: 's' })).sticky).toBe(Sticky.BOUND);
  });

  it('max_sessions: the session used least recently is forgotten where there are more', async () => {
    const app = await start({ scheduling: { max_sessions: 1_000 } }, [subscription('a')]);
    for (let n = 0; n < 1_000; n += 1) await select(app, { sessionId: `s${n}` });
    expect((await select(app, { sessionId: 's0' })).sticky).toBe(Sticky.KEPT);
    await select(app, { sessionId: 'one too many' });
    expect((await select(app, { sessionId: 's0' })).sticky).toBe(Sticky.KEPT);
    expect((await select(app, { sessionId: 's1' })).sticky).toBe(Sticky.BOUND);
  });

  it('sticky_max_waiting and sticky_wait_timeout: the plan of a bound session', async () => {
    const app = await start({ scheduling: { sticky_max_waiting: 7, sticky_wait_timeout: '20s' } });
    await select(app, { sessionId: 's' });
    expect(await planOf(app, { sessionId: 's' })).toMatchObject({ maxWaiting: 7, timeout: seconds(20) });
    const [call] = await queue(app, [{ sessionId: 's', maxWait: seconds(60) }]);
    app.clock.advance(20_000);
    expect((await refusalOf(call!)).code).toBe('RESOURCE_EXHAUSTED');
  });

  it('fallback_max_waiting and fallback_wait_timeout: the plan of any other', async () => {
    const app = await start({ scheduling: { fallback_max_waiting: 1, fallback_wait_timeout: '5s' } });
    await select(app);
    expect(await planOf(app)).toMatchObject({ maxWaiting: 1, timeout: seconds(5), waiting: 0 });
    const [call] = await queue(app, [{ maxWait: seconds(60) }]);
    expect((await refusalOf(select(app, { maxWait: seconds(60) }))).code).toBe('RESOURCE_EXHAUSTED');
    app.clock.advance(5_000);
    expect((await refusalOf(call!)).code).toBe('RESOURCE_EXHAUSTED');
  });

  it('lease_ttl: the life of a lease that asks for none of its own', async () => {
    const app = await start({ scheduling: { lease_ttl: '90s' } });
    const { lease } = await select(app);
    expect(timestampMs(lease!.expiresAt!) - app.clock.now()).toBe(90_000);
  });

  it.each([
    { fallback: 'least_recently_used', repeats: false },
    { fallback: 'random', repeats: true },
  ])('fallback_selection: $fallback', async ({ fallback, repeats }) => {
    const app = await start({ scheduling: { fallback_selection: fallback } }, [
      subscription('a'),
      subscription('b'),
    ]);
    let twice = false;
    for (let last = '', turn = 0; turn < 40; turn += 1) {
      const id = await selectId(app);
      twice ||= id === last;
      last = id;
    }
    expect(twice).toBe(repeats);
  });
});

describe('caches', () => {
  const listModels = ({ grpc }: RunningApp) => grpc.unary(RouterService.method.listModels, { groupId: 'g' });

  it('models_list_ttl', async () => {
    const app = await start({ caches: { models_list_ttl: '2s' } });
    await listModels(app);
    app.clock.advance(1_999);
    const hits = { models_list_cache_hits: 1 };
    expect(await counted(app, ['models_list'], () => listModels(app))).toEqual(hits);
    app.clock.advance(2);
    expect(await counted(app, ['models_list'], () => listModels(app))).toMatchObject({
      models_list_cache_misses: 1,
    });
  });

  it('user_group_rate_ttl', async () => {
    const app = await start({ caches: { user_group_rate_ttl: '2s' } }, [subscription('a')]);
    const ask = () => select(app, { userId: 'u' });
    await ask();
    app.clock.advance(1_999);
    expect(await counted(app, ['user_group_rate'], ask)).toEqual({ user_group_rate_cache_hits: 1 });
    app.clock.advance(2);
    expect(await counted(app, ['user_group_rate'], ask)).toMatchObject({ user_group_rate_cache_loads: 1 });
  });

  it('window_cost_ttl', async () => {
    const app = await start({ caches: { window_cost_ttl: '2s' } }, [
      subscription('a', { limits: { window_cost: 5 } }),
    ]);
    const ask = () => select(app);
    await ask();
    app.clock.advance(1_999);
    expect(await counted(app, ['window_cost'], ask)).toEqual({ window_cost_prefetch_cache_hits: 1 });
    app.clock.advance(2);
    expect(await counted(app, ['window_cost'], ask)).toMatchObject({
      window_cost_prefetch_batch_queries: 1,
    });
  });
});

describe('cooldown', () => {
  const overloaded = failedWith(529, '{"type":"error","error":{"type":"overloaded_error"}}');
  const bill = failedWith(402, '{"error":{"code":"insufficient_quota"}}');
  const missing = failedWith(404, '{"error":{"code":"model_not_found"}}');
  const hinted = (after: string) => ({ ...failedWith(429), responseHeaders: { 'retry-after': after } });

  async function cooledMs(cooldown: object, failure: ReturnType<typeof failedWith>): Promise<number> {
    const app = await start({ cooldown }, [subscription('a')]);
    const { classification } = await report(app, await select(app, { model: 'm' }), failure);
    return timestampMs(classification!.cooldown!.until!) - app.clock.now();
  }

  it.each([
    { name: 'standard', settings: { standard: { base: '7s' } }, failure: failedWith(503), ms: 7_000 },
    { name: 'overloaded', settings: { overloaded: { base: '3s' } }, failure: overloaded, ms: 3_000 },
    { name: 'billing', settings: { billing: { base: '2h' } }, failure: bill, ms: 7_200_000 },
    { name: 'a cap', settings: { billing: { cap: '1h' } }, failure: bill, ms: 3_600_000 },
    { name: 'model_not_found', settings: { model_not_found: '9m' }, failure: missing, ms: 540_000 },
    { name: 'hint_min', settings: { hint_min: '4s' }, failure: hinted('1'), ms: 4_000 },
    { name: 'hint_max', settings: { hint_max: '1m' }, failure: hinted('3600'), ms: 60_000 },
  ])('$name', async ({ settings, failure, ms }) => {
    expect(await cooledMs(settings, failure)).toBe(ms);
  });

  it('probe_after: a shorter cooldown opens at once', async () => {
    const app = await start({ cooldown: { probe_after: '2m' } }, [subscription('a')]);
    await report(app, await select(app), failedWith(503));
    app.clock.advance(60_000);
    expect([await selectId(app), await selectId(app)]).toEqual(['a', 'a']);
  });

  it('probe_timeout: how long the first request holds back the others', async () => {
    const app = await start({ cooldown: { probe_timeout: '2s' } }, [subscription('a')]);
    await report(app, await select(app), failedWith(503));
    app.clock.advance(60_000);
    await select(app);
    app.clock.advance(1_999);
    expect(await planOf(app)).toMatchObject({ accountId: 'a' });
    app.clock.advance(1);
    expect(await selectId(app)).toBe('a');
  });

  it('forget_after: when a failure counts as the first again', async () => {
    const app = await start({ cooldown: { forget_after: '10m' } }, [subscription('a')]);
    await report(app, await select(app), failedWith(503));
    app.clock.advance(600_000);
    const { classification } = await report(app, await select(app), failedWith(503));
    expect(timestampMs(classification!.cooldown!.until!) - app.clock.now()).toBe(60_000);
  });
});

describe('default_platform', () => {
  it('is that of requests of which neither they nor their group name one', async () => {
    const accounts = [apiKey('a'), apiKey('o', { platform: 'openai' })];
    const app = await startTestApp({
      config: {
        default_platform: 'openai',
        groups: [{ id: 'g' }, { id: 'h', platform: 'anthropic' }],
        accounts: accounts.map((account) => ({ ...account, groups: ['g', 'h'] })),
      },
    });
    expect(await selectId(app)).toBe('o');
    expect(await selectId(app, { groupId: 'h' })).toBe('a');
    expect(await selectId(app, { platform: 'anthropic' })).toBe('a');
  });
});

describe('prices', () => {
  it('are taken by the longest pattern, an exact name before all, and give way to a reported cost', async () => {
    const perMillion = (input: number) => ({ input });
    const app = await start({ prices: { '*': perMillion(1), 'm-*': perMillion(2), 'm-x': perMillion(4) } }, [
      apiKey('a'),
    ]);
    const total = async () => (await app.admin.listAccounts({})).accounts[0]?.quotaUsed?.total;
    const usage = { inputTokens: 1_000_000n };
    const totals = [];
    for (const model of ['m-x', 'm-y', 'n']) {
      await report(app, await select(app, { model }), { usage });
      totals.push(await total());
    }
    await report(app, await select(app, { model: 'm-x' }), costing(0));
    expect([...totals, await total()]).toEqual([4, 6, 7, 7]);
  });
});
