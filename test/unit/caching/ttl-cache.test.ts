import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairKey, pairOf } from '../../../src/caching/pair-key.ts';
import { createTtlCache } from '../../../src/caching/ttl-cache.ts';
import { manualClock } from '../../support/manual-clock.ts';

describe('the TTL cache', () => {
  it('gives a value out for its TTL, counted from when it was set', () => {
    const clock = manualClock();
    const cache = createTtlCache<{ n: number }>({ clock, ttlMs: 1_000, maxEntries: 10 });
    cache.set('k', { n: 1 });
    clock.advance(600);
    expect(cache.get('k')).toEqual({ n: 1 });
    clock.advance(401);
    expect(cache.get('k')).toBeUndefined();
  });

  it('counts anew when a value is set again', () => {
    const clock = manualClock();
    const cache = createTtlCache<{ n: number }>({ clock, ttlMs: 1_000, maxEntries: 10 });
    cache.set('k', { n: 1 });
    clock.advance(900);
    cache.set('k', { n: 2 });
    clock.advance(900);
    expect(cache.get('k')).toEqual({ n: 2 });
  });

  it('never holds more than it may, and lets the least recently asked for go', () => {
    const cache = createTtlCache<{ n: number }>({ clock: manualClock(), ttlMs: 1_000, maxEntries: 2 });
    cache.set('a', { n: 1 });
    cache.set('b', { n: 2 });
    cache.get('a');
    cache.set('c', { n: 3 });
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([{ n: 1 }, undefined, { n: 3 }]);
  });

  it('drops what matches and keeps the rest', () => {
    const cache = createTtlCache<{ n: number }>({ clock: manualClock(), ttlMs: 1_000, maxEntries: 10 });
    for (const key of ['a1', 'a2', 'b1']) cache.set(key, { n: 1 });
    cache.drop((key) => key.startsWith('a'));
    expect([cache.get('a1'), cache.get('a2'), cache.get('b1')]).toEqual([undefined, undefined, { n: 1 }]);
  });

  it.each([0, -1, Number.NaN])('refuses a TTL of %s, which would never end', (ttlMs) => {
    expect(() => createTtlCache({ clock: manualClock(), ttlMs, maxEntries: 1 })).toThrow(RangeError);
  });
});

describe('a key of two strings', () => {
  it('gives back both, so no two pairs share one', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ':', '1:', '0:1:', '1:a:b'));
    fc.assert(
      fc.property(text, text, (first, second) => {
        expect(pairOf(pairKey(first, second))).toEqual([first, second]);
      }),
    );
  });
});
