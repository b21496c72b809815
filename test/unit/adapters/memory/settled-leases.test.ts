import { describe, expect, it } from 'vitest';
import { SettledLeases } from '../../../../src/adapters/memory/settled-leases.ts';
import { SettledMarks } from '../../../../src/adapters/memory/settled-marks.ts';
import type { Chain } from '../../../../src/ports/state-store.ts';

const idOf = (index: number) => `l1nonce${index.toString(36).padStart(14, '0')}.suffix`;

describe('marks of settled leases', () => {
  it('are none at first', () => {
    expect(new SettledMarks(10).has(idOf(1))).toBe(false);
  });

  it('are of the first part of an id alone', () => {
    const marks = new SettledMarks(10);
    marks.add('one.suffix');
    expect([marks.has('one.other'), marks.has('one'), marks.has('one1.suffix')]).toEqual([true, true, false]);
  });

  it('hold the latest for certain, and twice as many at the most', () => {
    const max = 1_000;
    const marks = new SettledMarks(max);
    for (let index = 0; index < 10 * max + 500; index += 1) marks.add(idOf(index));
    const held = Array.from({ length: 10 * max + 500 }, (_, index) => marks.has(idOf(index)));
    expect(held.slice(-max)).not.toContain(false);
    expect(held.filter(Boolean)).toHaveLength(1_500);
  });

  it('take no lease for another, among 100,000 with ids alike', () => {
    const marks = new SettledMarks(100_000);
    for (let index = 0; index < 100_000; index += 1) marks.add(idOf(index));
    const taken = Array.from({ length: 200_000 }, (_, index) => marks.has(idOf(100_000 + index)));
    expect(taken).not.toContain(true);
    expect(marks.has(idOf(99_999))).toBe(true);
  });
});

describe('settled leases', () => {
  const chain = { attempts: [], faultyPlatforms: [], ended: false } as unknown as Chain;
  const failedUpTo = (count: number) => {
    const settled = new SettledLeases({ maxSettled: 1_000, maxChains: 10 });
    for (let index = 0; index < count; index += 1) settled.addFailed(idOf(index), chain);
    return settled;
  };

  it('that failed have their chain, and the lease that followed', () => {
    const settled = failedUpTo(1);
    expect(settled.fateOf(idOf(0))).toEqual({ kind: 'failed', chain, nextLeaseId: '' });
    settled.noteNext(idOf(0), 'next');
    settled.noteNext(idOf(1), 'next');
    expect(settled.fateOf(idOf(0))).toMatchObject({ nextLeaseId: 'next' });
    expect(settled.fateOf(idOf(1))).toEqual({ kind: 'unknown' });
  });

  it('that failed keep their chain through a generation, then only that they were settled', () => {
    const settled = failedUpTo(25);
    const kinds = Array.from({ length: 25 }, (_, index) => settled.fateOf(idOf(index)).kind);
    expect(kinds.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'settled'));
    expect(kinds.slice(10)).toEqual(Array.from({ length: 15 }, () => 'failed'));
    settled.noteNext(idOf(12), 'next');
    expect(settled.fateOf(idOf(12))).toMatchObject({ nextLeaseId: 'next' });
    expect(settled.has(idOf(0))).toBe(true);
    expect(settled.has(idOf(12))).toBe(true);
  });

  it('that did not fail are settled and no more', () => {
    const settled = failedUpTo(0);
    settled.add(idOf(1));
    expect(settled.fateOf(idOf(1))).toEqual({ kind: 'settled' });
    expect(settled.has(idOf(1))).toBe(true);
    expect(settled.has(idOf(2))).toBe(false);
  });
});
