import { describe, expect, it } from 'vitest';
import type { CatalogModels } from '../../../src/caching/catalog-models.ts';
import { createModelsList } from '../../../src/caching/models-list.ts';
import { touchedPairs } from '../../../src/catalog/changes.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { nonZeroSeries } from '../telemetry/counters.ts';
import { catalogOf, type SampleAccount } from './sample-catalog.ts';

/** Lists that name the time they were made in, so that a cached one is told from a new one. */
function setUp(
  list: (groupId: string, platform: string) => CatalogModels | Promise<CatalogModels> = () =>
    modelsNamed('m'),
) {
  const clock = manualClock();
  const metrics = createMetrics({ processMetrics: false });
  const asked: string[] = [];
  const cache = createModelsList({
    list(groupId, platform) {
      asked.push(`${groupId}/${platform}`);
      return list(groupId, platform);
    },
    clock,
    ttlMs: 15_000,
    metrics: metrics.modelsList,
  });
  const get = (groupId = 'g', platform = 'p') => cache.get({ groupId, platform });
  const counted = async () =>
    Object.fromEntries(
      Object.entries(await nonZeroSeries(metrics)).map(([name, value]) => [
        name.replace(/^models_list_cache_(\w+)_total$/, '$1'),
        value,
      ]),
    );
  return { clock, cache, get, counted, asked };
}

function modelsNamed(...ids: string[]): CatalogModels {
  return { models: ids.map((id) => ({ id, platforms: [], accountIds: [] })), unrestricted: false };
}

describe('the models list', () => {
  it('is served from the cache within its TTL although the accounts change, and made anew after it', async () => {
    let names = ['old'];
    const { clock, get, counted } = setUp(() => modelsNamed(...names));
    await get();
    names = ['new'];
    clock.advance(15_000);
    expect(await get()).toEqual(modelsNamed('old'));
    expect(await counted()).toEqual({ hits: 1, misses: 1, stores: 1 });
    clock.advance(1);
    expect(await get()).toEqual(modelsNamed('new'));
    expect(await counted()).toEqual({ hits: 1, misses: 2, stores: 2 });
  });

  it('is of its group and platform', async () => {
    const { get } = setUp((groupId, platform) => modelsNamed(`${groupId}/${platform}`));
    for (const _twice of [1, 2]) {
      expect(await get('g', 'p')).toEqual(modelsNamed('g/p'));
      expect(await get('g', '')).toEqual(modelsNamed('g/'));
      expect(await get('', 'p')).toEqual(modelsNamed('/p'));
    }
  });

  it.each([
    [
      'thrown',
      () => {
        throw new Error('no list');
      },
    ],
    ['rejected', () => Promise.reject(new Error('no list'))],
  ])('is not cached where the error is %s', async (_how, fail) => {
    let failing = true;
    const { get, counted } = setUp(() => (failing ? fail() : modelsNamed('m')));
    await expect(get()).rejects.toThrow('no list');
    expect(await counted()).toEqual({ misses: 1 });
    failing = false;
    expect(await get()).toEqual(modelsNamed('m'));
    expect(await counted()).toEqual({ misses: 2, stores: 1 });
  });

  it('is made once for concurrent callers', async () => {
    const { get, counted, asked } = setUp(async () => modelsNamed('m'));
    await Promise.all([get(), get(), get()]);
    expect(asked).toHaveLength(1);
    expect(await counted()).toEqual({ misses: 3, stores: 1 });
  });
});

describe('invalidation of the models list', () => {
  const keys = ['g/p', 'g/q', 'g/', 'h/p', 'h/q', 'h/', '/p', '/q', '/'];
  const getAll = async (get: (groupId: string, platform: string) => Promise<CatalogModels>) => {
    for (const key of keys) await get(...(key.split('/') as [string, string]));
  };

  it.each([
    ['a group on a platform', { groupId: 'g', platform: 'p' }, ['g/p', 'g/', '/p', '/']],
    ['a group', { groupId: 'g', platform: '' }, ['g/p', 'g/q', 'g/', '/p', '/q', '/']],
    ['a platform', { groupId: '', platform: 'p' }, ['g/p', 'g/', 'h/p', 'h/', '/p', '/']],
    ['all', { groupId: '', platform: '' }, keys],
  ])('of %s forgets the lists that show it and no others', async (_what, selector, forgotten) => {
    const { cache, get, counted, asked } = setUp();
    await getAll(get);
    asked.length = 0;
    cache.invalidate(selector);
    await getAll(get);
    expect(asked.toSorted()).toEqual(forgotten.toSorted());
    expect({ hits: 0, ...(await counted()) }).toEqual({
      hits: keys.length - forgotten.length,
      misses: keys.length + forgotten.length,
      stores: keys.length + forgotten.length,
      invalidations: 1,
    });
  });

  it('counts also when there is nothing to forget', async () => {
    const { cache, counted } = setUp();
    cache.invalidate({ groupId: 'g', platform: 'p' });
    cache.invalidate({ groupId: 'g', platform: 'p' });
    expect(await counted()).toEqual({ invalidations: 2 });
  });

  it('while a list is being made keeps it out of the cache, and from later callers', async () => {
    const lists: PromiseWithResolvers<CatalogModels>[] = [];
    const { cache, get, counted } = setUp(() => {
      const list = Promise.withResolvers<CatalogModels>();
      lists.push(list);
      return list.promise;
    });
    const before = get();
    cache.invalidate({ groupId: 'g', platform: '' });
    const after = get();
    lists[1]?.resolve(modelsNamed('new'));
    lists[0]?.resolve(modelsNamed('old'));
    expect([await before, await after]).toEqual([modelsNamed('old'), modelsNamed('new')]);
    expect(await get()).toEqual(modelsNamed('new'));
    expect(await counted()).toEqual({ hits: 1, misses: 2, stores: 1, invalidations: 1 });
  });

  it('by a catalog change forgets what it touches, the lists of every account always', async () => {
    const { cache, get, counted, asked } = setUp();
    await getAll(get);
    asked.length = 0;
    cache.catalogChanged({ touched: [{ groupId: 'g', platform: 'p' }] });
    await getAll(get);
    expect(asked).toEqual(['g/p', 'g/', '/p', '/q', '/']);
    expect((await counted()).invalidations).toBe(1);
  });

  it('by a catalog change that touches nothing is none', async () => {
    const { cache, get, counted } = setUp();
    await get();
    cache.catalogChanged({ touched: [] });
    await get();
    expect(await counted()).toEqual({ hits: 1, misses: 1, stores: 1 });
  });

  it('follows a real catalog change to the account that differs', async () => {
    const accounts: SampleAccount[] = [
      { id: 'a', groupIds: ['g'], platform: 'p', models: ['m'] },
      { id: 'b', groupIds: ['h'], platform: 'q', models: ['n'] },
    ];
    const before = catalogOf(accounts);
    const after = catalogOf([accounts[0]!, { ...accounts[1]!, models: ['n', 'o'] }]);
    const { cache, get, asked } = setUp();
    await getAll(get);
    asked.length = 0;
    cache.catalogChanged({ touched: touchedPairs(before, after) });
    await getAll(get);
    expect(asked).toEqual(['h/q', 'h/', '/p', '/q', '/']);
  });
});
