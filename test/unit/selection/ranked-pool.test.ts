import { expect, test } from 'vitest';
import { MemoryStateStore } from '../../../src/adapters/memory/state-store.ts';
import { createDraws } from '../../../src/routing/draws.ts';
import { PoolEntries } from '../../../src/routing/pool-entries.ts';
import { Looked, nothingRead } from '../../../src/selection/context.ts';
import type { RankedPool } from '../../../src/selection/ranked-pool.ts';
import { nowMs } from '../../support/pool-rig.ts';
import { catalogFrom, parsed } from '../config/parsed.ts';

const text = `
groups: [{id: g}]
accounts:
  - {id: a, platform: anthropic, groups: [g], priority: 1, concurrency: 1}
  - {id: b, platform: anthropic, groups: [g], priority: 2, concurrency: 1}
  - {id: c, platform: anthropic, groups: [g], priority: 3, concurrency: 1}`;
const catalog = catalogFrom(text);
const { settings } = parsed(text);

function storeOf(): MemoryStateStore {
  return new MemoryStateStore({ timings: settings.cooldown, spendTtlMs: 30_000 });
}

function poolOn(stores: { current: MemoryStateStore }): RankedPool {
  const pools = new PoolEntries({
    state: {
      // What a store in front of two others gives: figures that follow, and the log of the one in charge.
      figures: (accountId) =>
        new Proxy(stores.current.figures(accountId), {
          get: (_, name) => {
            const figures = stores.current.figures(accountId);
            const value: unknown = Reflect.get(figures, name, figures);
            return typeof value === 'function' ? value.bind(figures) : value;
          },
        }),
      get figuresLog() {
        return stores.current.figuresLog;
      },
      candidatesWorth: 1,
    },
    settings,
    random: createDraws(1),
  });
  return pools.of(catalog, { groupId: 'g', platform: 'anthropic', platformForced: false, model: 'm' });
}

function best(pool: RankedPool, atMs = nowMs): readonly string[] {
  const context = {
    nowMs: atMs,
    platform: 'anthropic',
    platformForced: false,
    model: 'm',
    excluded: new Set<string>(),
    tried: new Set<string>(),
    faultyPlatforms: [],
    boundAccountId: '',
    sessionKey: '',
    probeTimeoutMs: settings.cooldown.probeTimeoutMs,
    isSpokenFor: () => false,
    nobodyWaits: true,
    read: nothingRead,
    looked: new Looked(),
  };
  return pool.plan({ context, limit: 8, waitLimit: 8 }).claimable.map(({ account }) => account.id);
}

test('an account leaves and comes back with its slots', () => {
  const stores = { current: storeOf() };
  const pool = poolOn(stores);
  expect(best(pool)).toEqual(['a', 'b', 'c']);
  stores.current.figures('a').inFlight = 1;
  expect(best(pool)).toEqual(['b', 'c']);
  stores.current.figures('a').inFlight = 0;
  expect(best(pool)).toEqual(['a', 'b', 'c']);
});

test('a change is seen behind any number of changes of accounts the pool does not have', () => {
  for (const others of [1, 60, 66, 67, 68, 500]) {
    const stores = { current: storeOf() };
    const pool = poolOn(stores);
    expect(best(pool)).toEqual(['a', 'b', 'c']);
    stores.current.figures('b').inFlight = 1;
    for (let other = 0; other < others; other += 1) stores.current.figures(`other-${other}`).inFlight = 1;
    expect(best(pool), `${others} others`).toEqual(['a', 'c']);
  }
});

test('where another store takes charge, everything is as that one has it, and again when the first is back', () => {
  const first = storeOf();
  const stores = { current: first };
  const pool = poolOn(stores);
  first.figures('a').inFlight = 1;
  expect(best(pool)).toEqual(['b', 'c']);
  stores.current = storeOf();
  expect(best(pool)).toEqual(['a', 'b', 'c']);
  // Not told of while the other is in charge.
  first.figures('c').inFlight = 1;
  stores.current = first;
  expect(best(pool)).toEqual(['b']);
});

test('time opens an account whose cooldown ends, and a clock that is set back closes it again', () => {
  const stores = { current: storeOf() };
  const pool = poolOn(stores);
  stores.current.figures('a').setRecord('ACCOUNT', '', {
    failures: 1,
    billingFailures: 0,
    lastFailureAtMs: nowMs,
    startedAtMs: nowMs,
    untilMs: nowMs + 10,
    reason: 'RATE_LIMIT',
    source: 'SCHEDULE',
    probeDue: false,
  });
  expect(best(pool, nowMs + 9)).toEqual(['b', 'c']);
  expect(best(pool, nowMs + 10)).toEqual(['a', 'b', 'c']);
  expect(best(pool, nowMs + 9)).toEqual(['b', 'c']);
});

test('an account of another pool has no entry here', () => {
  const pool = poolOn({ current: storeOf() });
  expect(pool.entryOf('b')?.account.id).toBe('b');
  expect(pool.entryOf('other')).toBeUndefined();
});
