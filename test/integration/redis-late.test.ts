import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenRedisStore, openRedisStore } from '../../src/adapters/redis/open-store.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { StateUnavailableError } from '../../src/ports/state-unavailable.ts';
import { silentLog, uncountedStore } from '../support/redis-options.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { Sidecar, timings } from '../support/redis-sidecars.ts';

describe('what reaches Redis late', () => {
  let server: RedisServer;
  let opened: OpenRedisStore;
  beforeEach(async () => {
    server = await startRedisServer();
    opened = await openRedisStore({
      url: server.url,
      namespace: randomUUID(),
      timeoutMs: 5_000,
      timings,
      spendTtlMs: 30_000,
      clock: systemClock,
      log: silentLog,
      metrics: uncountedStore,
    });
    await once(opened.client, 'ready');
  });
  afterEach(async () => {
    await opened.close();
    await server.close();
  });
  const nothing = { held: [], ended: [], spent: [], records: [], bindings: [] };

  it('of a claim that was given up on takes no slot', async () => {
    const { store } = opened;
    const sidecar = new Sidecar(store, systemClock);
    const request = sidecar.request([{ accountId: 'a', concurrency: 1 }]);
    await store.reconcile({ ...nothing, ended: [request.nonce] }, Date.now());
    await expect(store.claim(request)).rejects.toThrow(StateUnavailableError);
    expect(await sidecar.claim([{ accountId: 'a', concurrency: 1 }])).toBeDefined();
  });

  it('of what was told before changes nothing', async () => {
    const { store } = opened;
    const sidecar = new Sidecar(store, systemClock);
    const lease = (await sidecar.claim([{ accountId: 'a' }], { requestKey: 'k' }))!;
    const held = [{ lease, requestKey: 'k', isShared: true }];
    for (let time = 0; time < 3; time += 1)
      expect(await store.reconcile({ ...nothing, held }, Date.now())).toEqual([]);
    await store.beat(Date.now());
    expect(store.figures('a').inFlight).toBe(1);
    expect(await sidecar.claim([], { requestKey: 'k' })).toEqual(lease);
    expect(await sidecar.settle(lease)).toMatchObject({ duplicate: false, lease });
    expect(await store.reconcile({ ...nothing, held }, Date.now())).toEqual([
      lease.id.slice(0, lease.id.indexOf('.')),
    ]);
    await store.beat(Date.now());
    expect(store.figures('a').inFlight).toBe(0);
  });
});

describe('cooldowns nobody remembers', () => {
  it('leave nothing behind, however many models were named', async () => {
    const server = await startRedisServer();
    const namespace = randomUUID();
    const sidecar = await Sidecar.open({ url: server.url, namespace });
    const redis = server.client();
    const fields = async () =>
      (await redis.hkeys(`remora:{${namespace}}:account:a`)).filter((field) => field.startsWith('cd'));
    const dayMs = timings.forgetAfterMs;
    for (let index = 0; index < 20; index += 1) {
      const lease = (await sidecar.claim([{ accountId: 'a' }], { model: `m${index}` }))!;
      await sidecar.fail(lease);
    }
    expect(await fields()).toHaveLength(20);
    const laterMs = Date.now() + dayMs + 120_000;
    await sidecar.claim([{ accountId: 'a' }], { nowMs: laterMs });
    await sidecar.state.expire(laterMs);
    expect(await fields()).toEqual([]);
    expect([...sidecar.state.figures('a').modelCooldowns()]).toEqual([]);
    await sidecar.state.close();
    await server.close();
  });
});
