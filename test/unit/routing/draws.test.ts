import { describe, expect, test } from 'vitest';
import { createDraws } from '../../../src/routing/draws.ts';

const take = (seed: number, count: number) => {
  const draw = createDraws(seed);
  return Array.from({ length: count }, () => draw());
};

describe('the numbers that decide between equals', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(take(42, 100)).toEqual(take(42, 100));
    expect(take(42, 100)).not.toEqual(take(43, 100));
  });

  test('are from 0 up to 1 and do not repeat soon', () => {
    const drawn = take(1, 50_000);
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  test('are spread evenly', () => {
    const buckets = new Array<number>(16).fill(0);
    for (const number of take(3, 32_000)) buckets[Math.floor(number * 16)]! += 1;
    for (const count of buckets) expect(Math.abs(count / 2_000 - 1)).toBeLessThan(0.15);
  });
});
