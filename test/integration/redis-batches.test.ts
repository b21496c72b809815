import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OpenRedisStore, openRedisStore } from '../../src/adapters/redis/open-store.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { Lease } from '../../src/ports/state-store.ts';
import { StateUnavailableError } from '../../src/ports/state-unavailable.ts';
import { silentLog, uncountedStore } from '../support/redis-options.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { Sidecar, timings } from '../support/redis-sidecars.ts';

describe('calls made at the same time', () => {
  const namespace = `n ${randomUUID()}`;
  const key = (name: string) => `remora:{${namespace}}:${name}`;
  let server: RedisServer;
  let opened: OpenRedisStore;
  let sidecar: Sidecar;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await server.client().flushall();
    opened = await openRedisStore({
      url: server.url,
      namespace,
      timeoutMs: 5_000,
      timings,
      spendTtlMs: 30_000,
      clock: systemClock,
      log: silentLog,
      metrics: uncountedStore,
    });
    await once(opened.client, 'ready');
    sidecar = new Sidecar(opened.store, systemClock);
  });
  afterEach(() => opened.close());

  /** Scripts run by `act`, once the server knows them. */
  const scriptsOf = async (act: () => Promise<unknown>): Promise<number> => {
    const count = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await server.client().info('commandstats'))?.[1] ?? 0);
    const before = await count();
    await act();
    return (await count()) - before;
  };

  it('share a script, claims with claims and reports with reports', async () => {
    await sidecar.settle((await sidecar.claim([{}]))!);
    let leases: (Lease | undefined)[] = [];
    expect(
      await scriptsOf(async () => {
        leases = await Promise.all(Array.from({ length: 30 }, () => sidecar.claim([{}])));
      }),
    ).toBe(1);
    expect(new Set(leases.map((lease) => lease!.id)).size).toBe(30);
    expect(opened.store.figures('a').inFlight).toBe(30);
    expect(await scriptsOf(() => Promise.all(leases.map((lease) => sidecar.settle(lease!))))).toBe(1);
    expect(opened.store.figures('a').inFlight).toBe(0);
  });

  it('are steps of their own: each finds what those before it did', async () => {
    const session = { sessionId: 's', ttlMs: 60_000, assumedAccountId: '', verify: true };
    const results = await Promise.all([
      sidecar.state.claim(sidecar.request([{ concurrency: 2 }], { requestKey: 'k' })),
      sidecar.state.claim(sidecar.request([{ concurrency: 2 }], { requestKey: 'k' })),
      sidecar.state.claim(sidecar.request([{ concurrency: 2 }], { session })),
      sidecar.state.claim(sidecar.request([{ concurrency: 2 }], { session })),
      sidecar.state.claim(sidecar.request([{ concurrency: 2 }])),
      sidecar.state.claim(sidecar.request([{ concurrency: 2 }, { accountId: 'b' }])),
    ]);
    expect(results.map(({ kind }) => kind)).toEqual([
      'granted',
      'replayed',
      'granted',
      'binding_differs',
      'none',
      'granted',
    ]);
    expect(results[1]).toEqual({ ...results[0], kind: 'replayed' });
    expect(results[5]).toMatchObject({ lease: { accountId: 'b' } });
    expect(opened.store.figures('a').inFlight).toBe(2);
    expect(opened.store.figures('a').rpm(Date.now())).toBe(2);
    expect(opened.store.figures('b').inFlight).toBe(1);
  });

  it('fail alone', async () => {
    await server.client().set(key('account:broken'), 'no hash');
    const outcomes = await Promise.allSettled([
      sidecar.claim([{}]),
      sidecar.claim([{ accountId: 'broken' }]),
      sidecar.claim([{}]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { name: StateUnavailableError.name, message: expect.stringContaining('WRONGTYPE') },
    });
    expect(await server.client().zcard(key('slots:a'))).toBe(2);
  });

  it('bring the accounts of leases that are over up to date, whatever they themselves change of them', async () => {
    const nowMs = Date.now();
    const old = await Promise.all([1, 2, 3].map(() => sidecar.claim([{}], { ttlMs: 1_000, nowMs })));
    const other = new Sidecar(opened.store, { now: () => nowMs + 2_000, schedule: systemClock.schedule });
    const freed = vi.fn();
    opened.store.onChange(freed);
    await Promise.all([other.claim([{}]), other.claim([{ accountId: 'b' }]), other.claim([{}])]);
    expect(freed).toHaveBeenCalledTimes(old.length);
    expect(opened.store.figures('a').inFlight).toBe(2);
    expect(opened.store.figures('a').rpm(nowMs + 2_000)).toBe(5);
    expect(opened.store.figures('b').inFlight).toBe(1);
  });

  it('take every name a caller may come up with', async () => {
    const names = ['a\tb\nc', '\0', 'é 🐘', '"\\ud800', 'half \ud800', "'; return {}"];
    const leases = await Promise.all(
      names.map((model) => {
        const session = { sessionId: model, ttlMs: 60_000, assumedAccountId: '', verify: true };
        return sidecar.claim([{}], { model, session, requestKey: model });
      }),
    );
    expect(leases.map((lease) => lease?.model)).toEqual(names);
    const again = await Promise.all(names.map((requestKey) => sidecar.claim([], { requestKey })));
    expect(again.map((lease) => lease?.id)).toEqual(leases.map((lease) => lease?.id));
    const reports = await Promise.all(leases.map((lease) => sidecar.settle(lease!)));
    expect(reports.map(({ lease }) => lease?.id)).toEqual(leases.map((lease) => lease?.id));
    expect(await server.client().zcard(key('slots:a'))).toBe(0);
  });
});
