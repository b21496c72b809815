import { describe, expect, it } from 'vitest';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { failedWith, refusalOf, report, select } from '../support/calls.ts';
import { counted } from '../support/metric-deltas.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

const lists = ['models_list_cache'];
const config = {
  groups: [{ id: 'g' }, { id: 'other' }],
  accounts: [
    subscription('a', { models: ['sonnet', 'opus'] }),
    apiKey('b', { models: { opus: 'opus-4', 'haiku-*': 'haiku' }, groups: ['g', 'other'] }),
    apiKey('c', { platform: 'openai', models: ['gpt', 'opus'], expires_at: '2026-01-05T12:00:05Z' }),
    apiKey('loner', { models: ['zebra'], groups: [] }),
  ],
};

const list = ({ grpc }: RunningApp, groupId = 'g', platform = '') =>
  grpc.unary(RouterService.method.listModels, { groupId, platform });

const idsOf = async (app: RunningApp, groupId?: string, platform?: string) =>
  (await list(app, groupId, platform)).models.map(({ id }) => id);

describe('the models list', () => {
  it('is sorted, without repeats or patterns, with platforms and counts', async () => {
    const app = await startTestApp({ config });
    const { models, unrestricted } = await list(app);
    expect(
      models.map(({ id, platforms, accountCount, availableCount }) => [
        id,
        platforms,
        accountCount,
        availableCount,
      ]),
    ).toEqual([
      ['gpt', ['openai'], 1, 1],
      ['opus', ['anthropic', 'openai'], 3, 3],
      ['sonnet', ['anthropic'], 1, 1],
    ]);
    expect(unrestricted).toBe(true);
    expect(await idsOf(app, 'g', 'openai')).toEqual(['gpt', 'opus']);
    expect((await list(app, 'g', 'openai')).unrestricted).toBe(false);
    expect(await idsOf(app, '')).toEqual(['gpt', 'opus', 'sonnet', 'zebra']);
  });

  it('of an unknown group is refused', async () => {
    const app = await startTestApp({ config });
    const { code, message } = await refusalOf(list(app, 'nowhere'));
    expect(code).toBe('NOT_FOUND');
    expect(message).toContain('nowhere');
  });

  it('is stored once, and served from the cache within its 15 s', async () => {
    const app = await startTestApp({ config });
    expect(await counted(app, lists, () => list(app))).toEqual({
      models_list_cache_misses: 1,
      models_list_cache_stores: 1,
    });
    app.clock.advance(14_999);
    expect(await counted(app, lists, () => list(app))).toEqual({ models_list_cache_hits: 1 });
    app.clock.advance(2);
    expect(await counted(app, lists, () => list(app))).toEqual({
      models_list_cache_misses: 1,
      models_list_cache_stores: 1,
    });
  });

  it('stays what it was within its time though an account goes meanwhile', async () => {
    const app = await startTestApp({ config });
    await list(app);
    // It expires without any change of the configuration.
    app.clock.advance(10_000);
    expect(await idsOf(app)).toContain('gpt');
    app.clock.advance(5_001);
    expect(await idsOf(app)).not.toContain('gpt');
  });

  it.each([
    { by: 'group and platform', selector: { groupId: 'g', platform: 'openai' } },
    { by: 'group alone', selector: { groupId: 'g' } },
    { by: 'platform alone', selector: { platform: 'openai' } },
    { by: 'nothing, which is all', selector: {} },
  ])('is read anew once invalidated by $by', async ({ selector }) => {
    const app = await startTestApp({ config });
    await list(app, 'g', 'openai');
    app.clock.advance(10_000);
    expect(await idsOf(app, 'g', 'openai')).toEqual(['gpt', 'opus']);
    const moved = await counted(app, lists, async () => {
      await app.admin.invalidateModels(selector);
      expect(await idsOf(app, 'g', 'openai')).toEqual([]);
    });
    expect(moved).toEqual({
      models_list_cache_invalidations: 1,
      models_list_cache_misses: 1,
      models_list_cache_stores: 1,
    });
  });

  it.each([
    { by: 'another group', selector: { groupId: 'other', platform: 'openai' } },
    { by: 'another platform', selector: { groupId: 'g', platform: 'anthropic' } },
  ])('stays cached where $by is invalidated', async ({ selector }) => {
    const app = await startTestApp({ config });
    await list(app, 'g', 'openai');
    await app.admin.invalidateModels(selector);
    expect(await counted(app, lists, () => list(app, 'g', 'openai'))).toEqual({ models_list_cache_hits: 1 });
  });

  it('is read anew where a reload touched it, and only there', async () => {
    const app = await startTestApp({ config });
    await list(app);
    await list(app, 'other');
    const [a, ...rest] = config.accounts;
    app.reload({ ...config, accounts: [{ ...a, models: ['sonnet-5'] }, ...rest] });
    expect(await counted(app, lists, () => list(app, 'other'))).toEqual({ models_list_cache_hits: 1 });
    expect(await idsOf(app)).toEqual(['gpt', 'opus', 'sonnet-5']);
  });

  it('tells who could serve right now, though the rest is cached', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { models: ['m'], concurrency: 1 })]),
    });
    const available = async () => (await list(app)).models.map(({ availableCount }) => availableCount);
    expect(await available()).toEqual([1]);
    const held = await select(app, { model: 'm' });
    expect(await available()).toEqual([0]);
    await report(app, held, failedWith(500));
    expect(await available()).toEqual([0]);
    app.clock.advance(60_000);
    expect(await available()).toEqual([1]);
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: false });
    expect(await available()).toEqual([0]);
    expect((await list(app)).models.map(({ accountCount }) => accountCount)).toEqual([1]);
  });
});
