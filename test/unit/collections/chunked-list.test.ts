import { expect, test } from 'vitest';
import { createRandom, type Random } from '../../../bench/simulation/random.ts';
import { ChunkedList } from '../../../src/collections/chunked-list.ts';

const items = 2_000;

/** A list beside an array that is what the list has to be. Ranks repeat, so that many items are equal. */
function rig(random: Random) {
  const ranks = new Float64Array(items);
  const list = new ChunkedList(items);
  let plain: number[] = [];
  return {
    list,
    listed(): readonly number[] {
      const listed: number[] = [];
      list.some((item) => {
        listed.push(item);
        return false;
      });
      return listed;
    },
    plain: () => plain,
    insert(item: number, rank: number) {
      const compare = (other: number) => ranks[other]! - rank;
      const lower = list.lowerBound(compare);
      const equals = list.distance(lower, list.upperBound(compare, lower));
      const first = plain.filter((each) => ranks[each]! < rank).length;
      expect(equals).toBe(plain.filter((each) => ranks[each]! === rank).length);
      if (first < plain.length) expect(list.itemAt(lower)).toBe(plain[first]);
      const place = random.below(equals + 1);
      list.insert(list.behind(lower, place), item);
      ranks[item] = rank;
      plain.splice(first + place, 0, item);
    },
    remove(item: number) {
      list.remove(item);
      plain.splice(plain.indexOf(item), 1);
    },
    restart(count: number) {
      plain = Array.from({ length: count }, (_, item) => item);
      for (const item of plain) ranks[item] = item / 4;
      list.restart(plain);
    },
  };
}

test.each([
  ['ranks all over the list', (random: Random) => random.below(40) / 4],
  ['ranks that grow', (_random: Random, step: number) => step],
  ['one rank for all', () => 0.5],
] as const)('holds what a sorted array would after the same random steps: %s', (_name, rankOf) => {
  const random = createRandom(11);
  const { list, listed, plain, insert, remove } = rig(random);
  for (let step = 0; step < 12_000; step += 1) {
    // It fills, and is all but emptied.
    const share = step % 6_000 < 4_000 ? 0.8 : 0.1;
    const item = random.below(items);
    if (list.has(item)) remove(item);
    else if (random.next() < share) insert(item, rankOf(random, step));
    if (step % 500 === 0) expect(listed()).toEqual(plain());
  }
  expect(listed()).toEqual(plain());
  for (const item of [...plain()]) {
    remove(item);
    if (item % 50 === 0) expect(listed()).toEqual(plain());
  }
  expect(listed()).toEqual([]);
  insert(7, 1);
  expect(listed()).toEqual([7]);
});

test('takes in a sorted list, in place of what it had', () => {
  const { list, listed, plain, insert, restart } = rig(createRandom(3));
  insert(1_999, 4);
  restart(1_500);
  expect(list.has(1_999)).toBe(false);
  insert(1_800, 100);
  expect(listed()).toEqual(plain());
  restart(0);
  expect(listed()).toEqual([]);
});

test('tells of items from a spot on, until it is told to stop', () => {
  const { list, restart } = rig(createRandom(3));
  restart(200);
  const told: number[] = [];
  const stopped = list.some((item) => told.push(item) === 120, list.behind(0, 40));
  expect(stopped).toBe(true);
  expect(told).toEqual(Array.from({ length: 120 }, (_, index) => 40 + index));
  expect(list.some(() => false)).toBe(false);
});

test('knows which items it has', () => {
  const { list, restart } = rig(createRandom(3));
  restart(100);
  expect([0, 99, 100, items].map((item) => list.has(item))).toEqual([true, true, false, false]);
});
