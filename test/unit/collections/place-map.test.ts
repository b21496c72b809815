import { expect, test } from 'vitest';
import { createRandom } from '../../../bench/simulation/random.ts';
import { hashOf } from '../../../src/collections/hash.ts';
import { PlaceMap } from '../../../src/collections/place-map.ts';

test.each([
  ['numbers that share places', (key: number) => key, (key: number) => key],
  ['numbers that all share one', (key: number) => key, () => 7],
  ['texts', (key: number) => `key-${key}`, (key: string) => hashOf(key)],
] as const)('holds what a Map would after the same random steps: %s', (_name, keyOf, hash) => {
  const random = createRandom(7);
  const places = new PlaceMap<unknown, object>(hash as (key: unknown) => number);
  const map = new Map<unknown, object>();
  let differences = 0;
  for (let step = 0; step < 60_000; step += 1) {
    // Floods come and go.
    const most = step % 20_000 < 10_000 ? 90 : 900;
    const key = keyOf(1 + random.below(most) * random.pick([1, 64]));
    if (random.next() < 0.5) {
      places.set(key, { step });
      map.set(key, { step });
    } else if (places.delete(key) !== map.delete(key)) {
      differences += 1;
    }
    if (places.size !== map.size) differences += 1;
    if (step % 1_999 === 0) expect(new Map(places.entries())).toEqual(map);
  }
  expect(differences).toBe(0);
  for (const [key, value] of map) expect(places.get(key)).toEqual(value);
});

test('keeps one for long while a million others come and go, and grows no larger for it', () => {
  const places = new PlaceMap<number, string>((id) => id);
  places.set(1, 'long');
  for (let id = 3; id < 2_000_000; id += 2) {
    places.set(id, 'short');
    places.delete(id);
  }
  expect(places.entries()).toEqual([[1, 'long']]);
  expect(places.capacity).toBe(64);
});

test('gives back what a flood took', () => {
  const places = new PlaceMap<number, number>((id) => id);
  for (let id = 0; id < 100_000; id += 1) places.set(id, id);
  expect(places.capacity).toBe(262_144);
  for (let id = 10; id < 100_000; id += 1) places.delete(id);
  expect(places.capacity).toBeLessThanOrEqual(1_024);
  expect(new Map(places.entries())).toEqual(new Map(Array.from({ length: 10 }, (_, id) => [id, id])));
});

test('is empty once cleared, and can be filled again', () => {
  const places = new PlaceMap<number, string>((id) => id);
  places.set(1, 'a');
  places.set(65, 'b');
  places.clear();
  expect([places.size, places.get(1), places.get(65)]).toEqual([0, undefined, undefined]);
  places.set(65, 'c');
  expect(places.entries()).toEqual([[65, 'c']]);
});

test('the hash of a text tells apart what differs in its first units, and looks no further than told', () => {
  const hashes = Array.from({ length: 10_000 }, (_, index) => hashOf(`l1${index.toString(36)}`) & 0xffff);
  // As many as of numbers drawn at random.
  expect(new Set(hashes).size).toBeGreaterThan(9_100);
  expect(hashOf('same, then this', 0, 4)).toBe(hashOf('same, then that', 0, 4));
  expect(hashOf('same, then this')).not.toBe(hashOf('same, then that'));
});
