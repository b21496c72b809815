import { expect, test } from 'vitest';
import { MarkPlaces } from '../../../src/selection/mark-places.ts';

test('an account is found where it is in the pool, the first time and later', () => {
  const ids = Array.from({ length: 300 }, (_, index) => `account-${index}`);
  // Every third account is another pool's, and the pool's order is not that of the log.
  const pool = ids.filter((_, index) => index % 3 !== 0).toReversed();
  const positions = new Map(pool.map((id, position) => [id, position]));
  const places = new MarkPlaces(positions);
  const ordinals = [...ids.keys()];
  for (const order of [ordinals.toReversed(), ordinals, ordinals])
    for (const ordinal of order)
      expect(places.positionOf(ordinal, ids[ordinal]!)).toBe(positions.get(ids[ordinal]!));
});

test('the first account of a pool is not taken for one that is none of it', () => {
  const places = new MarkPlaces(new Map([['first', 0]]));
  for (const _ of [1, 2]) {
    expect(places.positionOf(0, 'first')).toBe(0);
    expect(places.positionOf(1, 'other')).toBeUndefined();
  }
});
