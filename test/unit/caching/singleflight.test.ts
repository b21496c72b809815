import { describe, expect, it } from 'vitest';
import { createSingleflight, type LoadState } from '../../../src/caching/singleflight.ts';

describe('singleflight', () => {
  it('shares one load between concurrent callers of a key, and says so', async () => {
    const flights = createSingleflight<string>();
    const load = Promise.withResolvers<string>();
    let loads = 0;
    const run = () =>
      flights.run('k', () => {
        loads += 1;
        return load.promise;
      });
    const callers = [run(), run(), run()];
    expect(callers.map(({ shared }) => shared)).toEqual([false, true, true]);
    load.resolve('v');
    expect(await Promise.all(callers.map(({ result }) => result))).toEqual(['v', 'v', 'v']);
    expect(loads).toBe(1);
  });

  it('keeps keys apart', async () => {
    const flights = createSingleflight<string>();
    const one = flights.run('a', async () => 'A');
    const other = flights.run('b', async () => 'B');
    expect(other.shared).toBe(false);
    expect([await one.result, await other.result]).toEqual(['A', 'B']);
  });

  it.each([
    ['a result', async () => 'first'],
    ['an error', () => Promise.reject(new Error('first'))],
  ])('begins anew after %s', async (_end, load) => {
    const flights = createSingleflight<string>();
    await flights.run('k', load).result.catch(() => undefined);
    const next = flights.run('k', async () => 'second');
    expect(next.shared).toBe(false);
    expect(await next.result).toBe('second');
  });

  it('gives every caller the error', async () => {
    const flights = createSingleflight<string>();
    const load = Promise.withResolvers<string>();
    const callers = [flights.run('k', () => load.promise), flights.run('k', () => load.promise)];
    load.reject(new Error('away'));
    for (const { result } of callers) await expect(result).rejects.toThrow('away');
  });

  it('lets go of a forgotten load: it ends for its callers, later ones begin another and share that', async () => {
    const flights = createSingleflight<string>();
    const old = Promise.withResolvers<string>();
    const fresh = Promise.withResolvers<string>();
    let oldState: LoadState | undefined;
    const before = flights.run('k', (state) => {
      oldState = state;
      return old.promise;
    });
    flights.forget((key) => key === 'other');
    expect(oldState?.forgotten).toBe(false);
    flights.forget((key) => key === 'k');
    expect(oldState?.forgotten).toBe(true);
    const after = flights.run('k', () => fresh.promise);
    expect(after.shared).toBe(false);
    old.resolve('old');
    expect(await before.result).toBe('old');
    const joined = flights.run('k', () => Promise.reject(new Error('a third load')));
    expect(joined.shared).toBe(true);
    fresh.resolve('fresh');
    expect([await after.result, await joined.result]).toEqual(['fresh', 'fresh']);
  });
});
