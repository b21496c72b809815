import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lease, StateChange } from '../../src/ports/state-store.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { Sidecar } from '../support/redis-sidecars.ts';

describe('sidecars that share their state in Redis', () => {
  let server: RedisServer;
  let sidecars: Sidecar[];
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    const namespace = `tenant ü ${randomUUID()}`;
    sidecars = await Promise.all(
      [1, 2, 3].map(() => Sidecar.open({ url: server.url, namespace, timeoutMs: 5_000 })),
    );
  });
  afterEach(async () => {
    await Promise.all(sidecars.map(({ state }) => state.close()));
  });

  const ids = ['a', 'b', 'c', 'é 🐘'];
  const five = ids.map((accountId) => ({ accountId, concurrency: 5 }));
  const rotated = (by: number) => [...five.slice(by % 4), ...five.slice(0, by % 4)];
  const askAll = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => sidecars[index % 3]!.claim(rotated(index))));
  const granted = (leases: readonly (Lease | undefined)[]) => leases.filter((lease) => lease !== undefined);

  it('grant 300 simultaneous asks for 4 accounts of 5 slots exactly 20 leases, 5 each', async () => {
    const leases = granted(await askAll(300));
    expect(leases).toHaveLength(20);
    const each = Object.groupBy(leases, ({ accountId }) => accountId);
    expect(ids.map((id) => each[id]?.length)).toEqual([5, 5, 5, 5]);
    await Promise.all(leases.map((lease, index) => sidecars[(index + 1) % 3]!.settle(lease)));
    expect(granted(await askAll(300))).toHaveLength(20);
  });

  it('give a slot whose lease is over to exactly one of those who ask, at the millisecond', async () => {
    const one = [{ accountId: 'a', concurrency: 1 }];
    const nowMs = Date.now();
    await sidecars[0]!.claim(one, { nowMs, ttlMs: 1_000 });
    const ask = (atMs: number) =>
      Promise.all(Array.from({ length: 30 }, (_, index) => sidecars[index % 3]!.claim(one, { nowMs: atMs })));
    expect(granted(await ask(nowMs + 999))).toHaveLength(0);
    expect(granted(await ask(nowMs + 1_000))).toHaveLength(1);
  });

  it('lose nothing when the server forgets its scripts', async () => {
    const redis = server.client();
    for (let round = 0; round < 5; round += 1) {
      await redis.script('FLUSH');
      const leases = granted(await askAll(30));
      await redis.script('FLUSH');
      const results = await Promise.all(leases.map((lease) => sidecars[0]!.settle(lease)));
      expect(results.every(({ duplicate }) => !duplicate)).toBe(true);
    }
    await Promise.all(sidecars.map((sidecar) => sidecar.beat()));
    expect(sidecars.map(({ state }) => state.leasesActive())).toEqual([0, 0, 0]);
  });

  it('see with one exchange what the others did', async () => {
    const [first, second] = sidecars as [Sidecar, Sidecar];
    const lease = (await first.claim([{ accountId: 'é 🐘', sessionLimit: 5 }], {
      session: { sessionId: 's', ttlMs: 60_000, assumedAccountId: '', verify: true },
    }))!;
    await first.state.setOverride('b', { schedulable: false, reason: 'café "x"' });
    await second.beat();
    const nowMs = Date.now();
    const figures = second.state.figures('é 🐘');
    expect([figures.inFlight, figures.rpm(nowMs), figures.sessions(nowMs, 60_000)]).toEqual([1, 1, 1]);
    expect(figures.lastUsedAt).toBe(first.state.figures('é 🐘').lastUsedAt);
    expect(second.state.figures('b').override).toEqual({ schedulable: false, reason: 'café "x"' });
    await second.settle(lease, { upstreamWindow: { startMs: nowMs - 1_000, endMs: nowMs + 1_000 } });
    await first.beat();
    expect(first.state.figures('é 🐘')).toMatchObject({
      inFlight: 0,
      upstreamWindow: { startMs: nowMs - 1_000, endMs: nowMs + 1_000 },
    });
  });

  it('hear of cooldowns, overrides and slots that somebody waits for, without asking', async () => {
    const [first, second] = sidecars as [Sidecar, Sidecar];
    const heard: StateChange[] = [];
    second.state.onChange((change) => heard.push(change));
    const lease = (await first.claim([{ accountId: 'a', concurrency: 1 }]))!;
    second.state.addWaiting('a', 1);
    await vi.waitUntil(async () => {
      await first.beat();
      return first.state.figures('a').waiting === 1;
    });
    await first.fail(lease);
    await vi.waitUntil(() => heard.length >= 2);
    expect(heard).toEqual([
      { kind: 'standing', accountId: 'a' },
      { kind: 'slot_freed', accountId: 'a', expired: false },
    ]);
    expect(second.state.figures('a').modelCooldown('m')?.reason).toBe('RATE_LIMIT');
    expect(second.state.figures('a').inFlight).toBe(0);
    await first.state.clearCooldowns({ accountId: '', model: '' }, Date.now());
    await vi.waitUntil(() => second.state.figures('a').modelCooldown('m') === undefined);
  });

  it('find a session bound by another sidecar with one trip more', async () => {
    const [first, second] = sidecars as [Sidecar, Sidecar];
    const session = { sessionId: 's', ttlMs: 60_000, assumedAccountId: '', verify: true };
    await first.claim([{ accountId: 'b' }], { session });
    const result = await second.state.claim(second.request([{ accountId: 'a' }], { session }));
    expect(result).toEqual({ kind: 'binding_differs', accountId: 'b' });
    expect(second.state.boundAccountId('g', 's', Date.now())).toBe('b');
  });

  it('take back what dead sidecars said of callers waiting', async () => {
    const [first, second] = sidecars as [Sidecar, Sidecar];
    second.state.addWaiting('a', 3);
    await vi.waitUntil(async () => {
      await first.beat();
      return first.state.figures('a').waiting === 3;
    });
    await second.state.close();
    await first.state.expire(Date.now() + 6_000);
    expect(first.state.figures('a').waiting).toBe(0);
  });

  it('send one command per claim and per report, however many accounts and sessions', async () => {
    const [sidecar] = sidecars as [Sidecar];
    const accounts = Array.from({ length: 50 }, (_, index) => ({
      accountId: `acc-${index}`,
      concurrency: 20,
    }));
    const round = async () => {
      const leases = await Promise.all(
        accounts.map(async (account, index) => {
          const sessionId = `s${index}`;
          const assumedAccountId = sidecar.state.boundAccountId('g', sessionId, Date.now());
          const session = { sessionId, ttlMs: 60_000, assumedAccountId, verify: true };
          return sidecar.claim([account], { session });
        }),
      );
      return granted(leases);
    };
    const settleAll = (leases: readonly Lease[]) => Promise.all(leases.map((lease) => sidecar.settle(lease)));
    await settleAll(await round());
    const monitor = await server.client().monitor();
    const redis = server.client();
    let commands = 0;
    let marker = '';
    monitor.on('monitor', (_: string, [name, text]: [string, string], source: string) => {
      if (name.toLowerCase() === 'echo') marker = text;
      else if (source !== 'lua') commands += 1;
    });
    const counted = async (act: () => Promise<unknown>): Promise<number> => {
      await redis.echo('begin');
      await vi.waitUntil(() => marker === 'begin');
      commands = 0;
      await act();
      await redis.echo('end');
      await vi.waitUntil(() => marker === 'end');
      return commands;
    };
    const leases: Lease[] = [];
    const claims = await counted(async () => {
      for (let index = 0; index < 10; index += 1) leases.push(...(await round()));
    });
    const settles = await counted(() => settleAll(leases));
    monitor.disconnect();
    expect(leases).toHaveLength(500);
    expect(claims / 500).toBeLessThanOrEqual(1.05);
    expect(settles / 500).toBeLessThanOrEqual(1.05);
  });
});
