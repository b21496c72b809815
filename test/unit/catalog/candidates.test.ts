import { expect, test } from 'vitest';
import { CandidateIndex } from '../../../src/catalog/candidates.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { catalogFrom } from '../config/parsed.ts';

const catalog = catalogFrom(`
groups: [{id: g}, {id: h}]
accounts:
  - {id: a1, platform: anthropic, groups: [g], models: [claude-x]}
  - {id: o1, platform: openai, groups: [g]}
  - {id: mixed, platform: antigravity, groups: [g], mixed_scheduling: true}
  - {id: plain, platform: antigravity, groups: [g]}
  - {id: a2, platform: anthropic, groups: [g, h], models: {claude-*: up-*}}
  - {id: free, platform: anthropic}
`);

const ids = (
  of: Pick<Catalog, 'candidates'>,
  groupId: string,
  platform: string,
  model: string,
  platformForced = false,
) =>
  of
    .candidates({ groupId, platform, platformForced, model })
    .map(({ account, upstreamModel }) => [account.id, upstreamModel]);

test('candidates are those of group, platform and model, in file order, with upstream names', () => {
  expect(ids(catalog, 'g', 'anthropic', 'claude-x')).toEqual([
    ['a1', 'claude-x'],
    ['mixed', 'claude-x'],
    ['a2', 'up-x'],
  ]);
  expect(ids(catalog, 'g', 'openai', 'any')).toEqual([['o1', 'any']]);
});

test('a forced platform turns mixed scheduling off', () => {
  expect(ids(catalog, 'g', 'anthropic', 'claude-x', true).map(([id]) => id)).toEqual(['a1', 'a2']);
});

test('mixed scheduling serves gemini too, and its own platform in any case', () => {
  expect(ids(catalog, 'g', 'gemini', 'm')).toEqual([['mixed', 'm']]);
  expect(ids(catalog, 'g', 'antigravity', 'm').map(([id]) => id)).toEqual(['mixed', 'plain']);
  expect(ids(catalog, 'g', 'gemini', 'm', true)).toEqual([]);
});

test('without a group the accounts of no group serve, and no others', () => {
  expect(ids(catalog, '', 'anthropic', 'm')).toEqual([['free', 'm']]);
  expect(catalog.pool('').map(({ id }) => id)).toEqual(['free']);
});

test('an unknown group or platform has no candidates', () => {
  expect(ids(catalog, 'nowhere', 'anthropic', 'm')).toEqual([]);
  expect(ids(catalog, 'g', 'nowhere', 'm')).toEqual([]);
  expect(catalog.pool('nowhere')).toEqual([]);
});

test('an empty model asks for any, with an empty upstream name', () => {
  expect(ids(catalog, 'h', 'anthropic', '')).toEqual([['a2', '']]);
});

test('the same question is answered with the same list', () => {
  const query = { groupId: 'g', platform: 'anthropic', platformForced: false, model: 'claude-x' };
  expect(catalog.candidates(query)).toBe(catalog.candidates(query));
});

test('a stream of names that come once neither grows the memo nor drives out a name in use', () => {
  const index = new CandidateIndex(catalog.accounts.values(), { maxEntries: 100, maxWeight: 1_000 });
  const used = { groupId: '', platform: 'anthropic', platformForced: false, model: 'in-use' };
  const first = index.candidates(used);
  for (let n = 0; n < 5_000; n++) {
    index.candidates({ ...used, model: `junk-${n}` });
    expect(index.candidates(used)).toBe(first);
  }
  expect(index.remembered).toBeLessThanOrEqual(100);
});

test('long answers take more of the memo than short ones', () => {
  const index = new CandidateIndex(catalog.accounts.values(), { maxEntries: 4_000, maxWeight: 40 });
  for (let n = 0; n < 1_000; n++) {
    index.candidates({ groupId: 'g', platform: 'antigravity', platformForced: false, model: `m-${n}` });
  }
  // Two candidates and the entry itself weigh three.
  expect(index.remembered).toBeLessThanOrEqual(40 / 3);
});
