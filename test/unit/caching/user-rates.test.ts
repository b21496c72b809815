import { describe, expect, it } from 'vitest';
import { createUserRates } from '../../../src/caching/user-rates.ts';
import type { Catalog, Group } from '../../../src/catalog/catalog.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { manualClock, settled } from '../../support/manual-clock.ts';
import { nonZeroSeries } from '../telemetry/counters.ts';
import { keptLog } from './log-lines.ts';

type Answer = number | undefined;

function setUp(userRate: (userId: string, groupId: string) => Promise<Answer>) {
  const clock = manualClock();
  const metrics = createMetrics({ processMetrics: false });
  const { log, lines } = keptLog();
  const asked: string[] = [];
  const source = {
    userRate(userId: string, groupId: string) {
      asked.push(`${userId}@${groupId}`);
      return userRate(userId, groupId);
    },
  };
  const rates = createUserRates({ source, clock, ttlMs: 30_000, metrics: metrics.userRates, log });
  const rateOf = (userId = 'u', groupId = 'g', groupRate = 1.2) =>
    rates.rateOf({ userId, groupId, groupRate });
  /** All the counters there are that are not 0, without the cache's common name. */
  const counted = async () =>
    Object.fromEntries(
      Object.entries(await nonZeroSeries(metrics)).map(([name, value]) => [
        name.replace(/^user_group_rate_cache_(\w+)_total$/, '$1'),
        value,
      ]),
    );
  return { clock, rates, rateOf, counted, asked, lines };
}

/** A source whose answers are given by hand, in the order of the questions. */
function byHand() {
  const questions: PromiseWithResolvers<Answer>[] = [];
  return {
    questions,
    userRate: () => {
      const question = Promise.withResolvers<Answer>();
      questions.push(question);
      return question.promise;
    },
  };
}

describe("a user's rate", () => {
  it('is loaded once for twelve concurrent first look-ups, and all get it', async () => {
    const { questions, userRate } = byHand();
    const { rateOf, counted, asked } = setUp(userRate);
    const callers = Array.from({ length: 12 }, () => rateOf());
    questions[0]?.resolve(1.7);
    expect(await Promise.all(callers)).toEqual(Array(12).fill(1.7));
    expect(asked).toEqual(['u@g']);
    expect(await counted()).toEqual({ misses: 12, loads: 1, singleflight_shared: 11 });
  });

  it('is there at once while it is cached, and read anew after its TTL', async () => {
    const { clock, rateOf, counted } = setUp(async () => 1.7);
    await rateOf();
    clock.advance(30_000);
    expect(rateOf()).toBe(1.7);
    expect(await counted()).toEqual({ hits: 1, misses: 1, loads: 1 });
    clock.advance(1);
    expect(await rateOf()).toBe(1.7);
    expect(await counted()).toEqual({ hits: 1, misses: 2, loads: 2 });
  });

  it('is of its user and group alone', async () => {
    const known: Record<string, number> = { 'u@g': 1, 'u@h': 2, 'v@g': 3 };
    const { rateOf } = setUp(async (userId, groupId) => known[`${userId}@${groupId}`]);
    for (const _twice of [1, 2]) {
      expect(await Promise.all([rateOf('u', 'g'), rateOf('u', 'h'), rateOf('v', 'g')])).toEqual([1, 2, 3]);
    }
  });

  it('may be 0', async () => {
    const { rateOf } = setUp(async () => 0);
    expect(await rateOf()).toBe(0);
    expect(rateOf()).toBe(0);
  });

  it("that is absent is cached as absent: the group's rate of the moment applies", async () => {
    const { rateOf, counted } = setUp(async () => undefined);
    expect(await rateOf('u', 'g', 1.2)).toBe(1.2);
    expect(rateOf('u', 'g', 3)).toBe(3);
    expect(await counted()).toEqual({ hits: 1, misses: 1, loads: 1 });
  });

  it('needs no look-up and no count without a user or a group', async () => {
    const { rateOf, counted, asked } = setUp(async () => 1.7);
    expect(rateOf('', 'g', 1.2)).toBe(1.2);
    expect(rateOf('u', '', 1.2)).toBe(1);
    expect(rateOf('', '', 1.2)).toBe(1);
    expect(asked).toEqual([]);
    expect(await counted()).toEqual({});
  });
});

describe('a source that fails', () => {
  it("gives the group's rate and one fallback, and is asked again by the next caller", async () => {
    let away = true;
    const { rateOf, counted, clock } = setUp(async () => {
      if (away) throw new Error('database away');
      return 1.7;
    });
    expect(await rateOf()).toBe(1.2);
    expect(await counted()).toEqual({ misses: 1, loads: 1, fallbacks: 1 });
    expect(clock.pending).toBe(0);
    away = false;
    expect(await rateOf()).toBe(1.7);
    expect(await counted()).toEqual({ misses: 2, loads: 2, fallbacks: 1 });
  });

  it('counts a fallback for each caller that shared the load', async () => {
    const { questions, userRate } = byHand();
    const { rateOf, counted } = setUp(userRate);
    const callers = [rateOf(), rateOf('u', 'g', 2), rateOf()];
    questions[0]?.reject(new Error('database away'));
    expect(await Promise.all(callers)).toEqual([1.2, 2, 1.2]);
    expect(await counted()).toEqual({ misses: 3, loads: 1, singleflight_shared: 2, fallbacks: 3 });
  });

  it('may fail before it promises anything', async () => {
    const { rateOf, counted } = setUp(() => {
      throw new Error('closed');
    });
    expect(await rateOf()).toBe(1.2);
    expect(await counted()).toEqual({ misses: 1, loads: 1, fallbacks: 1 });
  });

  it('that never answers is waited for no longer than a second, and its late answer is not kept', async () => {
    const { questions, userRate } = byHand();
    const { rateOf, counted, clock, asked } = setUp(userRate);
    const caller = rateOf();
    let answered = false;
    void Promise.resolve(caller).then(() => {
      answered = true;
    });
    clock.advance(999);
    await settled();
    expect(answered).toBe(false);
    clock.advance(1);
    expect(await caller).toBe(1.2);
    expect(await counted()).toEqual({ misses: 1, loads: 1, fallbacks: 1 });
    questions[0]?.resolve(1.7);
    await settled();
    const next = rateOf();
    questions[1]?.resolve(1.8);
    expect(await next).toBe(1.8);
    expect(asked).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('is warned of once a minute, not once a request', async () => {
    const { rateOf, clock, lines } = setUp(() => Promise.reject(new Error('database away')));
    for (let i = 0; i < 5; i++) await rateOf();
    expect(lines).toHaveLength(1);
    clock.advance(60_000);
    await rateOf();
    expect(lines).toHaveLength(2);
    expect(lines[1]?.[0]).toMatchObject({ heldBack: 4 });
  });
});

describe('invalidation', () => {
  const pairs = ['u@g', 'u@h', 'v@g', 'v@h'];

  it.each([
    ['a user in a group', { userId: 'u', groupId: 'g' }, ['u@g']],
    ['a user', { userId: 'u', groupId: '' }, ['u@g', 'u@h']],
    ['a group', { userId: '', groupId: 'g' }, ['u@g', 'v@g']],
    ['all', { userId: '', groupId: '' }, pairs],
  ])('of %s forgets that and no more', async (_what, selector, forgotten) => {
    const { rates, rateOf, asked } = setUp(async () => 1.7);
    const askAll = async () => {
      for (const pair of pairs) await rateOf(...(pair.split('@') as [string, string]));
    };
    await askAll();
    asked.length = 0;
    rates.invalidate(selector);
    await askAll();
    expect(asked).toEqual(forgotten);
  });

  it('while a load is under way keeps its value out of the cache, and from later callers', async () => {
    const { questions, userRate } = byHand();
    const { rates, rateOf, counted } = setUp(userRate);
    const before = rateOf();
    rates.invalidate({ userId: 'u', groupId: '' });
    const after = rateOf();
    questions[1]?.resolve(2);
    expect(await after).toBe(2);
    questions[0]?.resolve(1.7);
    expect(await before).toBe(1.7);
    expect(rateOf()).toBe(2);
    expect(await counted()).toEqual({ hits: 1, misses: 2, loads: 2 });
  });

  it('of another user leaves a load under way alone', async () => {
    const { questions, userRate } = byHand();
    const { rates, rateOf } = setUp(userRate);
    const caller = rateOf();
    rates.invalidate({ userId: 'v', groupId: 'g' });
    questions[0]?.resolve(1.7);
    await caller;
    expect(rateOf()).toBe(1.7);
  });

  it('follows a catalog change to the groups whose user rates differ', async () => {
    const { rates, rateOf, asked } = setUp(async () => 1.7);
    for (const groupId of ['same', 'changed', 'gone']) await rateOf('u', groupId);
    asked.length = 0;
    const before = catalogOf({ same: { u: 2 }, changed: { u: 2 }, gone: { u: 2 } });
    const after = catalogOf({ same: { u: 2 }, changed: { u: 3 }, come: {} });
    rates.catalogChanged({ before, after });
    for (const groupId of ['same', 'changed', 'gone']) await rateOf('u', groupId);
    expect(asked).toEqual(['u@changed', 'u@gone']);
  });
});

function catalogOf(groups: Record<string, Record<string, number>>): Catalog {
  const entries = Object.entries(groups).map(([id, userRates]): [string, Group] => [
    id,
    {
      id,
      platform: '',
      rateMultiplier: 1,
      userRates: new Map(Object.entries(userRates)),
      routingOf: () => undefined,
    },
  ]);
  return {
    version: 1,
    groups: new Map(entries),
    accounts: new Map(),
    pool: () => [],
    candidates: () => [],
    fallbacksOf: () => [],
    priceOf: () => undefined,
  };
}
