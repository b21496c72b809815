import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelsOfCatalog } from '../../../src/caching/catalog-models.ts';
import { catalogOf, type SampleAccount } from './sample-catalog.ts';

const nowMs = Date.UTC(2026, 0, 5, 12);
const list = (accounts: readonly SampleAccount[], groupId = 'g', platform = '') =>
  modelsOfCatalog(catalogOf(accounts), { groupId, platform, nowMs });
const inGroup = { groupIds: ['g'] };

describe('the models of a catalog', () => {
  it('are sorted by code unit, each once, with the platforms and accounts that offer them', () => {
    const { models, unrestricted } = list([
      { ...inGroup, id: 'a1', models: ['m', 'B', 'a'] },
      { ...inGroup, id: 'a2', platform: 'openai', models: ['m', '\u{1F600}', '\uFFFD'] },
      { ...inGroup, id: 'a3', models: ['m'] },
    ]);
    expect(models.map(({ id }) => id)).toEqual(['B', 'a', 'm', '\u{1F600}', '\uFFFD']);
    expect(models[2]).toEqual({
      id: 'm',
      platforms: ['anthropic', 'openai'],
      accountIds: ['a1', 'a2', 'a3'],
    });
    expect(unrestricted).toBe(false);
  });

  it('leave patterns out, and say that there are others', () => {
    const { models, unrestricted } = list([{ ...inGroup, id: 'a', models: ['x', 'claude-*'] }]);
    expect(models.map(({ id }) => id)).toEqual(['x']);
    expect(unrestricted).toBe(true);
  });

  it('are none of an account that takes every model, but others are said to be', () => {
    expect(list([{ ...inGroup, id: 'a' }])).toEqual({ models: [], unrestricted: true });
  });

  it.each<[string, Partial<SampleAccount>]>([
    ['disabled', { status: 'disabled' }],
    ['in error', { status: 'error' }],
    ['unschedulable', { schedulable: false }],
    ['expired', { expiresAtMs: nowMs }],
  ])('leave out an account that is %s', (_what, state) => {
    expect(list([{ ...inGroup, id: 'a', models: ['m', '*'], ...state }])).toEqual({
      models: [],
      unrestricted: false,
    });
  });

  it('include an account that has not expired yet', () => {
    const { models } = list([{ ...inGroup, id: 'a', models: ['m'], expiresAtMs: nowMs + 1 }]);
    expect(models).toHaveLength(1);
  });

  it('are those of one platform where one is named, without mixed scheduling', () => {
    const accounts: SampleAccount[] = [
      { ...inGroup, id: 'a', models: ['claude'] },
      { ...inGroup, id: 'b', platform: 'openai', models: ['gpt'] },
      { ...inGroup, id: 'c', platform: 'antigravity', mixedScheduling: true, models: ['both'] },
    ];
    const ids = (platform: string) => list(accounts, 'g', platform).models.map(({ id }) => id);
    expect(ids('anthropic')).toEqual(['claude']);
    expect(ids('antigravity')).toEqual(['both']);
    expect(ids('')).toEqual(['both', 'claude', 'gpt']);
    expect(ids('none')).toEqual([]);
  });

  it('are those of every account for the empty group, in a group or not', () => {
    const accounts: SampleAccount[] = [
      { id: 'a', groupIds: ['g'], models: ['in-g'] },
      { id: 'b', groupIds: ['h'], models: ['in-h'] },
      { id: 'c', groupIds: ['g', 'h'], models: ['in-both'] },
      { id: 'd', models: ['in-none'] },
    ];
    const ids = (groupId: string) => list(accounts, groupId).models.map(({ id }) => id);
    expect(ids('')).toEqual(['in-both', 'in-g', 'in-h', 'in-none']);
    expect(ids('g')).toEqual(['in-both', 'in-g']);
    expect(list(accounts, '').models[0]?.accountIds).toEqual(['c']);
  });

  it('hold for any catalog', () => {
    const name: fc.Arbitrary<string> = fc.constantFrom(
      'm1',
      'm2',
      'M3',
      'm*',
      'claude-*',
      '*',
      'ü',
      '\u{1F600}',
      '\uFFFD',
    );
    const account = fc.record({
      platform: fc.constantFrom('anthropic', 'openai', 'antigravity'),
      mixedScheduling: fc.boolean(),
      groupIds: fc.uniqueArray(fc.constantFrom('g', 'h')),
      status: fc.constantFrom('active' as const, 'active' as const, 'disabled' as const, 'error' as const),
      schedulable: fc.boolean(),
      models: fc.uniqueArray(name, { maxLength: 5 }),
    });
    const query = fc.record({
      groupId: fc.constantFrom('', 'g', 'h'),
      platform: fc.constantFrom('', 'anthropic', 'openai', 'antigravity'),
    });
    fc.assert(
      fc.property(fc.array(account, { maxLength: 12 }), query, (drawn, { groupId, platform }) => {
        const accounts = drawn.map((fields, i) => ({ ...fields, id: `a${i}` }));
        const { models, unrestricted } = list(accounts, groupId, platform);
        const offered = accounts.filter(
          (a) =>
            a.status === 'active' &&
            a.schedulable &&
            (groupId === '' || a.groupIds.includes(groupId)) &&
            (platform === '' || a.platform === platform),
        );

        const ids = models.map(({ id }) => id);
        for (const [i, id] of ids.entries()) if (i > 0) expect(ids[i - 1]! < id).toBe(true);
        expect(ids.filter((id) => id.endsWith('*'))).toEqual([]);
        const exact = offered.flatMap((a) => a.models).filter((model) => !model.endsWith('*'));
        expect(new Set(ids)).toEqual(new Set(exact));
        for (const model of models) {
          const by = offered.filter((a) => a.models.includes(model.id));
          expect(model.accountIds).toEqual(by.map(({ id }) => id));
          expect(model.platforms).toEqual([...new Set(by.map((a) => a.platform))].sort());
        }
        const open = offered.some((a) => a.models.length === 0 || a.models.some((m) => m.endsWith('*')));
        expect(unrestricted).toBe(open);
      }),
      { numRuns: 1_000 },
    );
  });
});
