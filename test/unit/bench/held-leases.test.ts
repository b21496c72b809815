import { beforeEach, describe, expect, test } from 'vitest';
import { HeldLeases } from '../../../bench/chaos/held-leases.ts';

describe('the leases callers hold', () => {
  let held: HeldLeases;
  beforeEach(() => {
    held = new HeldLeases(new Map([['a', 2]]));
  });
  const lease = (id: string, options: { degraded?: boolean; expiresAtMs?: number } = {}) => ({
    ...{ id, accountId: 'a', expiresAtMs: 1_000, degraded: false },
    ...options,
  });

  test('may fill an account, again and again', () => {
    for (let round = 0; round < 3; round += 1) {
      for (const id of ['one', 'two']) held.hold(lease(id), 0);
      for (const id of ['one', 'two']) held.release(id);
    }
    expect(held.excesses).toEqual([]);
    expect(held.highest).toEqual(new Map([['a', 2]]));
  });

  test('are too many when one more is held', () => {
    for (const id of ['one', 'two', 'three']) held.hold(lease(id), 0);
    expect(held.excesses).toEqual([{ accountId: 'a', held: 3, limit: 2, degraded: false }]);
  });

  test('count once where a repeated request was given the same again, or one was renewed', () => {
    for (const id of ['one', 'two', 'two']) held.hold(lease(id), 0);
    held.hold(lease('one', { expiresAtMs: 2_000 }), 500);
    expect(held.excesses).toEqual([]);
    held.hold(lease('three', { expiresAtMs: 3_000 }), 1_500);
    held.hold(lease('four', { expiresAtMs: 3_000 }), 1_500);
    expect(held.excesses).toHaveLength(1);
  });

  test('count no longer once they are over', () => {
    for (const id of ['one', 'two']) held.hold(lease(id), 0);
    held.hold(lease('three', { expiresAtMs: 2_000 }), 1_000);
    held.hold(lease('late'), 1_500);
    expect(held.highest.get('a')).toBe(2);
  });

  test('are told apart where some were granted while Redis was away', () => {
    held.hold(lease('one', { degraded: true }), 0);
    for (const id of ['two', 'three']) held.hold(lease(id), 0);
    held.release('one');
    held.hold(lease('four'), 0);
    expect(held.excesses.map(({ degraded }) => degraded)).toEqual([true, false]);
  });
});
