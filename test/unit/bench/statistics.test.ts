import { describe, expect, test } from 'vitest';
import { median, quantile, spreadOf } from '../../../bench/measure/statistics.ts';

describe('the median', () => {
  test('of an odd number is the one in the middle, by value and not by text', () => {
    expect(median([100, 9, 20])).toBe(20);
  });

  test('of an even number lies between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  test('leaves the values as they were', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test('of nothing is a fault', () => {
    expect(() => median([])).toThrow('no values');
  });
});

test('a quantile is a value that was measured', () => {
  const ascending = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(quantile(ascending, 0.5)).toBe(50);
  expect(quantile(ascending, 0.99)).toBe(99);
  expect(quantile(ascending, 0)).toBe(1);
  expect(quantile(ascending, 1)).toBe(100);
  expect(quantile([7], 0.99)).toBe(7);
});

test('the spread names the lowest and the highest', () => {
  expect(spreadOf([2, 1, 3])).toEqual({ low: 1, high: 3 });
  expect(() => spreadOf([])).toThrow('no values');
});
