import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CredentialSource, Secret } from '../../../src/catalog/credential.ts';
import { expandKeys } from '../../../src/catalog/key-family.ts';
import { catalogFrom } from '../config/parsed.ts';

const value = (text: string): CredentialSource => ({ kind: 'value', secret: new Secret(text) });

test('three keys make three accounts, the first under the declared id', () => {
  const catalog = catalogFrom(`
accounts:
  - {id: glm-4.7, platform: zhipu, concurrency: 2, api_keys: [k1, k2, {value: k3}]}
`);
  const accounts = [...catalog.accounts.values()];
  expect(accounts.map(({ id }) => id)).toEqual(['glm-4.7', 'glm-4.7__key_1', 'glm-4.7__key_2']);
  expect(accounts.map(({ credential }) => credential?.reveal())).toEqual(['k1', 'k2', 'k3']);
  expect(accounts.map(({ family }) => family)).toEqual([0, 1, 2].map((index) => ({ id: 'glm-4.7', index })));
  expect(accounts.map(({ type, concurrency }) => [type, concurrency])).toEqual(Array(3).fill(['api_key', 2]));
});

test('a credential beside the keys comes first, and repeats are dropped', () => {
  const catalog = catalogFrom(`
accounts:
  - {id: a, platform: p, credential: {value: k2}, api_keys: [k1, k2, {value: k1}, k3]}
`);
  const keys = [...catalog.accounts.values()].map(({ id, credential }) => [id, credential?.reveal()]);
  expect(keys).toEqual([
    ['a', 'k2'],
    ['a__key_1', 'k1'],
    ['a__key_2', 'k3'],
  ]);
});

test('one key is no family', () => {
  const catalog = catalogFrom('accounts: [{id: a, platform: p, api_keys: [k, k]}]');
  expect([...catalog.accounts.keys()]).toEqual(['a']);
  expect(catalog.accounts.get('a')?.family).toBeUndefined();
  expect(catalog.accounts.get('a')?.credential?.reveal()).toBe('k');
});

test('whatever the keys: as many accounts as distinct keys, in order, with distinct ids', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 }), (keys) => {
      const expanded = expandKeys({ id: 'x', credentials: keys.map(value) });
      const distinct = [...new Set(keys)];
      expect(
        expanded.map(({ credential }) => credential?.kind === 'value' && credential.secret.reveal()),
      ).toEqual(distinct);
      expect(new Set(expanded.map(({ id }) => id)).size).toBe(distinct.length);
      expect(expanded[0]?.id).toBe('x');
    }),
  );
});

test('a group routes to a whole family by its id, and to one key by the key account', () => {
  const catalog = catalogFrom(`
groups: [{id: g, model_routing: {"m-*": [a], n: [a__key_1]}}]
accounts: [{id: a, platform: p, groups: [g], api_keys: [k1, k2]}]
`);
  const group = catalog.groups.get('g');
  expect(group?.routingOf('m-1')).toEqual(new Set(['a', 'a__key_1']));
  expect(group?.routingOf('n')).toEqual(new Set(['a__key_1']));
  expect(group?.routingOf('o')).toBeUndefined();
});
