import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountFigures } from '../../../../src/adapters/memory/account-figures.ts';
import { type HeldLease, LeaseBook } from '../../../../src/adapters/memory/lease-book.ts';
import type { Lease } from '../../../../src/ports/state-store.ts';

const startMs = Date.UTC(2026, 0, 5, 12);
/** As long as it takes the wheel of ends to come round. */
const roundMs = 4_096 * 100;

const figures = {} as AccountFigures;
const leaseOf = (id: string, expiresAtMs: number, requestKey = ''): HeldLease => ({
  lease: { id, expiresAtMs } as Lease,
  figures,
  requestKey,
});
const idsOf = (leases: readonly HeldLease[]) => leases.map(({ lease }) => lease.id).sort();

function bookOf(ends: Readonly<Record<string, number>>): LeaseBook {
  const book = new LeaseBook();
  for (const [id, ms] of Object.entries(ends)) book.add(leaseOf(id, startMs + ms));
  return book;
}

describe('the book of leases', () => {
  it('gives up a lease at its very end, not a millisecond before', () => {
    const book = bookOf({ a: 1_000, b: 1_001, c: 1_099, d: 1_100 });
    expect(idsOf(book.takeExpired(startMs + 999))).toEqual([]);
    expect(idsOf(book.takeExpired(startMs + 1_000))).toEqual(['a']);
    expect(idsOf(book.takeExpired(startMs + 1_000))).toEqual([]);
    expect(idsOf(book.takeExpired(startMs + 1_098))).toEqual(['b']);
    expect(idsOf(book.takeExpired(startMs + 1_100))).toEqual(['c', 'd']);
    expect(book.size).toBe(0);
  });

  it('finds leases however long nobody looked', () => {
    const book = bookOf({ a: 50, b: 5_000, c: roundMs - 100, d: roundMs, e: 3 * roundMs });
    expect(idsOf(book.takeExpired(startMs + 2 * roundMs))).toEqual(['a', 'b', 'c', 'd']);
    expect(idsOf(book.takeExpired(startMs + 20 * roundMs))).toEqual(['e']);
  });

  it('keeps leases of a later round', () => {
    const book = bookOf({ now: 1_000, later: 1_000 + roundMs, last: 1_000 + 8 * roundMs });
    expect(idsOf(book.takeExpired(startMs + 1_000))).toEqual(['now']);
    for (let passed = 1_100; passed < 1_000 + roundMs; passed += 500)
      expect(book.takeExpired(startMs + passed)).toEqual([]);
    expect(idsOf(book.takeExpired(startMs + 1_000 + roundMs))).toEqual(['later']);
    expect(book.get('last')?.id).toBe('last');
  });

  it('moves the end of a lease that is renewed, later or sooner', () => {
    const book = bookOf({ a: 1_000, b: 9_000 });
    expect(book.extend('a', startMs + 5_000)).toBe(true);
    expect(book.extend('b', startMs + 2_000)).toBe(true);
    expect(book.extend('c', startMs)).toBe(false);
    expect(book.get('a')?.expiresAtMs).toBe(startMs + 5_000);
    expect(idsOf(book.takeExpired(startMs + 4_999))).toEqual(['b']);
    expect(idsOf(book.takeExpired(startMs + 5_000))).toEqual(['a']);
  });

  it('takes a lease out once', () => {
    const book = bookOf({ a: 1_000, b: 1_000, c: 1_000 });
    expect(book.take('b')?.lease.id).toBe('b');
    expect(book.take('b')).toBeUndefined();
    expect(idsOf(book.takeExpired(startMs + 1_000))).toEqual(['a', 'c']);
  });

  it('keeps a key with the lease that has it now', () => {
    const book = new LeaseBook();
    book.add(leaseOf('first', startMs + 1_000, 'key'));
    book.add(leaseOf('second', startMs + 5_000, 'key'));
    book.take('first');
    expect(book.ofRequest('key')?.id).toBe('second');
    book.takeExpired(startMs + 5_000);
    expect(book.ofRequest('key')).toBeUndefined();
  });

  it('looks again when the clock has stepped back', () => {
    const book = bookOf({});
    book.takeExpired(startMs + 60_000);
    book.takeExpired(startMs);
    book.add(leaseOf('a', startMs + 10_000));
    expect(idsOf(book.takeExpired(startMs + 10_000))).toEqual(['a']);
  });

  it('gives up exactly what a list would', () => {
    const step = fc.record({
      passMs: fc.oneof(fc.nat(300), fc.nat(5_000), fc.nat(3 * roundMs)),
      ttlMs: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 2 * roundMs })),
      act: fc.constantFrom('add', 'take', 'extend', 'sweep'),
      pick: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const book = new LeaseBook();
        const ends = new Map<string, number>();
        let nowMs = startMs;
        for (const [index, { passMs, ttlMs, act, pick }] of steps.entries()) {
          nowMs += passMs;
          const over = [...ends].filter(([, endMs]) => endMs <= nowMs).map(([id]) => id);
          expect(idsOf(book.takeExpired(nowMs))).toEqual(over.toSorted());
          for (const id of over) ends.delete(id);
          const chosen = [...ends.keys()][pick % Math.max(1, ends.size)] ?? 'none';
          if (act === 'add') {
            book.add(leaseOf(`l${index}`, nowMs + ttlMs));
            ends.set(`l${index}`, nowMs + ttlMs);
          } else if (act === 'take') {
            expect(book.take(chosen) !== undefined).toBe(ends.delete(chosen));
          } else if (act === 'extend' && book.extend(chosen, nowMs + ttlMs)) {
            ends.set(chosen, nowMs + ttlMs);
          }
          expect(book.size).toBe(ends.size);
        }
      }),
    );
  });
});
