import { expect, test } from 'vitest';
import type { CatalogChange } from '../../../src/catalog/catalog.ts';
import { touchedPairs } from '../../../src/catalog/changes.ts';
import { createCatalogHolder } from '../../../src/catalog/holder.ts';
import { catalogFrom } from '../config/parsed.ts';

const base = `
groups: [{id: g}, {id: h}]
accounts:
  - {id: a, platform: anthropic, groups: [g], models: [m], credential: {value: one}}
  - {id: b, platform: openai, groups: [h]}
  - {id: c, platform: antigravity, mixed_scheduling: true}
`;

const touchedBy = (text: string) => touchedPairs(catalogFrom(base), catalogFrom(text));

test('the same declaration touches nothing', () => {
  expect(touchedBy(base)).toEqual([]);
});

test('a changed model touches the groups and the platform of its account, and no others', () => {
  expect(touchedBy(base.replace('models: [m]', 'models: [m, n]'))).toEqual([
    { groupId: 'g', platform: 'anthropic' },
  ]);
});

test('an account that moves touches where it was and where it is', () => {
  expect(touchedBy(base.replace('groups: [g]', 'groups: [h]'))).toEqual([
    { groupId: 'g', platform: 'anthropic' },
    { groupId: 'h', platform: 'anthropic' },
  ]);
});

test('an account without a group that serves mixed platforms touches each of them in the empty group', () => {
  const gone = base.replace(/ {2}- \{id: c.*\n/, '');
  const pairs = ['antigravity', 'anthropic', 'gemini'].map((platform) => ({ groupId: '', platform }));
  expect(touchedBy(gone)).toEqual(pairs);
  expect(touchedPairs(catalogFrom(gone), catalogFrom(base))).toEqual(pairs);
});

test('a rotated secret touches nothing', () => {
  expect(touchedBy(base.replace('value: one', 'value: two'))).toEqual([]);
});

test('listeners hear of a replacement after it is in force, until they unsubscribe', () => {
  const holder = createCatalogHolder(catalogFrom(base));
  const heard: CatalogChange[] = [];
  const stop = holder.onChange((change) => {
    expect(holder.current()).toBe(change.after);
    heard.push(change);
  });
  const next = catalogFrom('groups: []');
  holder.replace(next);
  stop();
  holder.replace(catalogFrom(base));
  expect(heard).toHaveLength(1);
  expect(heard[0]?.after).toBe(next);
});
