import { describe, expect, test } from 'vitest';
import { createSaltSource } from '../../../src/routing/salt.ts';

const take = (seed: number, count: number) => {
  const salts = createSaltSource(seed);
  return Array.from({ length: count }, () => salts.next());
};

describe('the numbers that decide ties', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(take(42, 100)).toEqual(take(42, 100));
    expect(take(42, 100)).not.toEqual(take(43, 100));
  });

  test('can be looked at before they are taken', () => {
    const salts = createSaltSource(7);
    for (let round = 0; round < 100; round += 1) {
      const seen = salts.peek();
      expect(salts.peek()).toBe(seen);
      expect(salts.next()).toBe(seen);
    }
  });

  test('are whole 32-bit numbers that do not repeat soon', () => {
    const drawn = take(1, 50_000);
    expect(drawn.every((salt) => Number.isInteger(salt) && salt === (salt | 0))).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  test('are spread evenly', () => {
    const buckets = new Array<number>(16).fill(0);
    for (const salt of take(3, 32_000)) buckets[salt >>> 28]! += 1;
    for (const count of buckets) expect(Math.abs(count / 2_000 - 1)).toBeLessThan(0.15);
  });
});
