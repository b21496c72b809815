import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CatalogChange } from '../../src/catalog/catalog.ts';
import type { CatalogSource, ReloadResult } from '../../src/ports/catalog-source.ts';
import type { CatalogParts } from '../support/postgres-catalog.ts';

/** A source over a store of its own, and the means to change what the store holds. */
export interface CatalogSourceUnderTest {
  /** Reads what `put` wrote last; not started. */
  readonly source: CatalogSource;
  /** What became of each reading, and how many faults it had. */
  readonly reloads: readonly (readonly [ReloadResult, number])[];
  /** Has the store hold these parts and nothing else. */
  put(parts: CatalogParts): Promise<void>;
  close(): Promise<void>;
}

export interface CatalogSourceSetUp {
  readonly env: Readonly<Record<string, string>>;
  readonly parts: CatalogParts;
}

const account = (id: string, parts = {}) => ({ id, platform: 'p', ...parts });

/** What every CatalogSource does, whatever it reads. */
export function catalogSourceContract(
  name: string,
  create: (setUp: CatalogSourceSetUp) => Promise<CatalogSourceUnderTest>,
): void {
  describe(`catalog source contract: ${name}`, () => {
    let underTest: CatalogSourceUnderTest;
    let source: CatalogSource;
    let changes: CatalogChange[];
    const ids = () => [...source.holder.current().accounts.keys()];
    beforeEach(async () => {
      underTest = await create({ env: { KEY: 'sk-1', KEY_2: 'sk-2' }, parts: { accounts: [account('a')] } });
      source = underTest.source;
      changes = [];
      source.holder.onChange((change) => changes.push(change));
    });
    afterEach(() => underTest.close());

    it('has the catalog as soon as it is there', () => {
      expect(ids()).toEqual(['a']);
      expect(source.health()).toEqual({ ok: true });
    });

    it('replaces the catalog whole on reload, with the next version, and tells what it touched', async () => {
      const { version } = source.holder.current();
      await underTest.put({
        groups: [{ id: 'g' }],
        accounts: [account('a'), account('b', { groups: ['g'] })],
      });
      expect(await source.reload()).toBe('success');
      expect(ids()).toEqual(['a', 'b']);
      expect(source.holder.current().version).toBe(version + 1);
      expect(changes.map(({ touched }) => touched)).toEqual([[{ groupId: 'g', platform: 'p' }]]);
    });

    it('changes nothing where nothing changed', async () => {
      const before = source.holder.current();
      expect(await source.reload()).toBe('unchanged');
      expect(source.holder.current()).toBe(before);
      expect(changes).toEqual([]);
    });

    it('keeps the last good catalog where the new one is not valid, and takes the next that is', async () => {
      await underTest.put({
        accounts: [account('b', { limits: { rpm: -1 } }), account('c', { models: ['a*b'] })],
      });
      expect(await source.reload()).toBe('failure');
      expect(ids()).toEqual(['a']);
      expect(changes).toEqual([]);
      expect(underTest.reloads.at(-1)).toEqual(['failure', 2]);
      expect(source.health()).toEqual({ ok: true });
      await underTest.put({ accounts: [account('c')] });
      expect(await source.reload()).toBe('success');
      expect(ids()).toEqual(['c']);
    });

    it('follows changes by itself once it is started, and not when it is closed', async () => {
      source.start();
      const changed = new Promise<CatalogChange>((resolve) => source.holder.onChange(resolve));
      await underTest.put({ accounts: [account('z')] });
      expect([...(await changed).after.accounts.keys()]).toEqual(['z']);
      await source.close();
      await underTest.put({ accounts: [] });
      expect(ids()).toEqual(['z']);
    });

    it('takes an account out of service whose credential can not be read, and no other', async () => {
      await underTest.put({
        accounts: [
          account('good', { credential: { env: 'KEY' } }),
          account('bad', { credential: { env: 'MISSING' } }),
        ],
      });
      await source.reload();
      const { accounts } = source.holder.current();
      expect(accounts.get('good')?.credential?.reveal()).toBe('sk-1');
      expect(accounts.get('bad')).toMatchObject({
        status: 'error',
        statusReason: 'credential: environment variable MISSING is not set',
      });
    });

    it('reads every part of a catalog', async () => {
      await underTest.put(everything);
      expect(await source.reload()).toBe('success');
      const catalog = source.holder.current();
      const group = catalog.groups.get('g');
      expect(group).toMatchObject({ platform: 'p', rateMultiplier: 1.25, tierFallback: true });
      expect(group?.routingOf('claude-opus-4')).toEqual(new Set(['a']));
      const { models, credential, ...a } = catalog.accounts.get('a')!;
      expect(a).toEqual({
        ...{ id: 'a', name: 'First', platform: 'p', type: 'oauth', tier: 0, groupIds: ['g', 'h'] },
        ...{ status: 'active', statusReason: '', schedulable: false },
        ...{ expiresAtMs: Date.UTC(2031, 5, 1, 12, 30), priority: 10, concurrency: 5, loadFactor: 2.5 },
        ...{
          mixedScheduling: true,
          baseUrl: 'https://api.example.com',
          proxyUrl: 'http://proxy.example.com',
        },
        labels: { team: 'core' },
        limits: {
          ...{ windowCost: 50, windowCostStickyReserve: 5, rpm: 60, rpmStrategy: 'sticky_exempt' },
          ...{ rpmStickyBuffer: 7, sessions: 9, sessionIdleMs: 120_000 },
          quota: { daily: 1.5, weekly: 2.5, total: 3.5 },
        },
      });
      expect(credential?.reveal()).toBe('sk-1');
      expect(models.upstreamOf('claude-opus-4')).toBe('opus-4');
      expect(catalog.accounts.get('family__key_1')?.credential?.reveal()).toBe('sk-2');
      expect(catalog.fallbacksOf('claude-opus-4')).toEqual([{ model: 'x' }, { platform: 'p', model: 'y' }]);
      expect(catalog.priceOf('claude-opus-4')).toEqual({
        input: 15,
        output: 75,
        cacheRead: 1.5,
        cacheCreation: 0,
      });
    });
  });
}

const everything: CatalogParts = {
  groups: [
    {
      ...{ id: 'g', platform: 'p', rate_multiplier: 1.25, tier_fallback: true },
      model_routing: { 'claude-opus-*': ['a'] },
    },
    { id: 'h' },
  ],
  accounts: [
    {
      ...{ id: 'a', name: 'First', platform: 'p', type: 'oauth', groups: ['g', 'h'], status: 'active' },
      ...{ schedulable: false, expires_at: '2031-06-01T12:30:00Z', priority: 10, concurrency: 5 },
      ...{ load_factor: 2.5, models: { 'claude-*': '*' }, mixed_scheduling: true },
      ...{ base_url: 'https://api.example.com', proxy_url: 'http://proxy.example.com' },
      ...{ labels: { team: 'core' }, credential: { env: 'KEY' } },
      limits: {
        ...{ window_cost: 50, window_cost_sticky_reserve: 5, rpm: 60, rpm_strategy: 'sticky_exempt' },
        ...{ rpm_sticky_buffer: 7, sessions: 9, session_idle: '2m' },
        quota: { daily: 1.5, weekly: 2.5, total: 3.5 },
      },
    },
    { id: 'family', platform: 'p', api_keys: [{ env: 'KEY' }, { env: 'KEY_2' }] },
  ],
  models: [{ name: 'claude-opus-4', fallbacks: ['x', 'p/y'] }],
  prices: { 'claude-*': { input: 15, output: 75, cache_read: 1.5 } },
};
