import { expect, test } from 'vitest';
import { FiguresLog } from '../../../src/selection/figures-log.ts';
import { MarkPlaces } from '../../../src/selection/mark-places.ts';

test('a mark is found where its account is in the pool, the first time and later', () => {
  const log = new FiguresLog();
  const ids = Array.from({ length: 300 }, (_, index) => `account-${index}`);
  const marks = ids.map((id) => log.mark(id));
  // Every third account is another pool's, and the pool's order is not that of the marks.
  const pool = ids.filter((_, index) => index % 3 !== 0).toReversed();
  const positions = new Map(pool.map((id, position) => [id, position]));
  const places = new MarkPlaces(positions);
  for (const order of [marks.toReversed(), marks, marks])
    for (const mark of order) expect(places.positionOf(mark)).toBe(positions.get(mark.accountId));
});

test('the first account of a pool is not taken for one that is none of it', () => {
  const log = new FiguresLog();
  const [first, other] = [log.mark('first'), log.mark('other')];
  const places = new MarkPlaces(new Map([['first', 0]]));
  for (const _ of [1, 2]) {
    expect(places.positionOf(first)).toBe(0);
    expect(places.positionOf(other)).toBeUndefined();
  }
});
