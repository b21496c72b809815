import { describe, expect, test } from 'vitest';
import { createDraws } from '../../../src/routing/draws.ts';
import { RankedOrder, type RankKey } from '../../../src/selection/ranked-order.ts';

const units = 12;

function orderOf({ byLastUse = true, random = createDraws(1) } = {}): RankedOrder {
  return new RankedOrder({ units, byLastUse, random });
}

const key = (preference: number, loadRate = 0, lastUsedAt = 0): RankKey => ({
  preference,
  loadRate,
  lastUsedAt,
});
const all = Array.from({ length: units }, (_, unit) => unit);
const listed = (order: RankedOrder): readonly number[] => {
  const within: number[] = [];
  order.some((unit) => {
    within.push(unit);
    return false;
  });
  return within;
};
const firstOf = (order: RankedOrder): number => {
  let first = -1;
  order.some((unit) => {
    first = unit;
    return true;
  });
  return first;
};

describe('the order of a pool', () => {
  test('is by preference, then load, then last use', () => {
    const order = orderOf();
    const keys = [key(1), key(0, 0.5, 1), key(0, 0.25, 9), key(0, 0.25, 3)];
    for (const [unit, each] of keys.entries()) order.put(unit, each);
    expect(listed(order)).toEqual([3, 2, 1, 0]);
  });

  test('is kept through changes as sorting anew would make it', () => {
    const draw = createDraws(7);
    const order = orderOf({ random: draw });
    const keys = new Map<number, RankKey>();
    const below = (count: number) => Math.floor(draw() * count);
    for (let step = 0; step < 20_000; step += 1) {
      const unit = below(units);
      if (draw() < 0.2) {
        order.remove(unit);
        keys.delete(unit);
      } else {
        const next = key(below(2), below(3) / 4, below(3));
        order.put(unit, next);
        keys.set(unit, next);
      }
      const { ties } = order;
      const sorted = [...keys].toSorted(
        ([one, a], [other, b]) =>
          a.preference - b.preference ||
          a.loadRate - b.loadRate ||
          a.lastUsedAt - b.lastUsedAt ||
          ties[one]! - ties[other]!,
      );
      expect(listed(order)).toEqual(sorted.map(([unit]) => unit));
    }
  });

  test('holds however often equals take each other’s place, when no number is left between two', () => {
    // Always the middle: the gap there halves each time.
    const order = orderOf({ byLastUse: false, random: () => 0.5 });
    order.restart(all, () => key(0));
    for (let step = 1; step < 5_000; step += 1) {
      order.put(firstOf(order), key(0, 0, step));
      const ties = listed(order).map((unit) => order.ties[unit]!);
      expect(ties).toEqual(ties.toSorted((a, b) => a - b));
      expect(new Set(ties).size).toBe(units);
    }
  });

  test('leaves alone what did not change', () => {
    const order = orderOf();
    order.restart(all, () => key(0));
    const before = listed(order);
    for (const unit of all) order.put(unit, key(0));
    expect(listed(order)).toEqual(before);
  });

  test('a unit that is not in it is taken out without harm', () => {
    const order = orderOf();
    order.put(3, key(0));
    order.remove(5);
    order.remove(3);
    order.remove(3);
    expect(listed(order)).toEqual([]);
  });
});

describe('among equals at random', () => {
  /** How often each unit comes first, where each that does is used and so comes in anew. */
  function firsts(order: RankedOrder, rounds: number): readonly number[] {
    const counts = new Array<number>(units).fill(0);
    for (let round = 1; round <= rounds; round += 1) {
      const first = firstOf(order);
      counts[first]! += 1;
      order.put(first, key(0, 0, round));
    }
    return counts;
  }

  test('each comes first as often as any other', () => {
    const order = orderOf({ byLastUse: false });
    order.restart(all, () => key(0));
    for (const count of firsts(order, 60_000)) expect(Math.abs(count / 5_000 - 1)).toBeLessThan(0.06);
  });

  test('the one that came first is as likely as any other to come first again', () => {
    const order = orderOf({ byLastUse: false });
    order.restart(all, () => key(0));
    let again = 0;
    for (let round = 1; round <= 60_000; round += 1) {
      const first = firstOf(order);
      order.put(first, key(0, 0, round));
      if (firstOf(order) === first) again += 1;
    }
    expect(Math.abs(again / 5_000 - 1)).toBeLessThan(0.06);
  });

  test('one that comes in late has the same chance', () => {
    let late = 0;
    const random = createDraws(3);
    for (let round = 0; round < 6_000; round += 1) {
      const order = orderOf({ random });
      order.restart(all.slice(1), () => key(0));
      order.put(0, key(0));
      if (firstOf(order) === 0) late += 1;
    }
    expect(Math.abs(late / 500 - 1)).toBeLessThan(0.15);
  });

  test('a redraw lets another come first', () => {
    const order = orderOf();
    order.restart(all, () => key(0));
    const offered = all.map(() => {
      const first = firstOf(order);
      order.redraw(first);
      return first;
    });
    expect(new Set(offered).size).toBeGreaterThan(units / 2);
  });
});
