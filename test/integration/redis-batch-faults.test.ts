import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lease } from '../../src/ports/state-store.ts';
import { StateUnavailableError } from '../../src/ports/state-unavailable.ts';
import { type RedisProxy, startRedisProxy } from '../support/redis-proxy.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { Sidecar, type SidecarOptions } from '../support/redis-sidecars.ts';

/** More than one script takes. */
const many = 40;

describe('calls that share a script', () => {
  let server: RedisServer;
  let proxy: RedisProxy;
  let namespace: string;
  let sidecar: Sidecar;
  beforeEach(async () => {
    server = await startRedisServer();
    proxy = await startRedisProxy(server.port);
    namespace = randomUUID();
  });
  afterEach(async () => {
    await sidecar.state.close();
    await proxy.close();
    await server.close();
  });

  const open = async (options: Partial<SidecarOptions> = {}) => {
    sidecar = await Sidecar.open({ url: proxy.url, namespace, ...options });
    expect(sidecar.state.degraded).toBe(false);
  };
  const back = () => vi.waitUntil(() => !sidecar.state.degraded, { timeout: 3_000, interval: 10 });
  const slots = () => server.client().zcount(`remora:{${namespace}}:slots:a`, Date.now(), '+inf');
  const claimMany = () => Promise.all(Array.from({ length: many }, () => sidecar.claim([{}])));
  const settleAll = (leases: readonly (Lease | undefined)[]) =>
    Promise.all(leases.map((lease) => sidecar.settle(lease!)));

  it.each([
    '-READONLY You can not write against a read only replica.',
    "-OOM command not allowed when used memory > 'maxmemory'.",
    '-LOADING Redis is loading the dataset in memory',
    '-MOVED 42 127.0.0.1:1',
    '-BUSY Redis is busy running a script.',
  ] as const)('are each answered where it meets %s, and none is counted twice', async (error) => {
    await open();
    const before = await claimMany();
    proxy.behave(error);
    const [during] = await Promise.all([claimMany(), settleAll(before.slice(0, many / 2))]);
    expect(sidecar.state.degraded).toBe(true);
    expect(new Set([...before, ...during].map((lease) => lease!.id)).size).toBe(2 * many);
    expect(sidecar.state.leasesActive()).toBe(1.5 * many);
    proxy.behave('pass');
    await back();
    expect(await slots()).toBe(1.5 * many);
    await settleAll([...before.slice(many / 2), ...during]);
    expect(await slots()).toBe(0);
    expect(sidecar.state.leasesActive()).toBe(0);
  });

  it('are each answered in time where nothing comes back', async () => {
    await open({ timeoutMs: 100 });
    const before = await claimMany();
    proxy.behave('swallow');
    const beganMs = performance.now();
    const [during, reports] = await Promise.all([claimMany(), settleAll(before)]);
    expect(performance.now() - beganMs).toBeLessThan(500);
    expect(reports.every(({ duplicate }) => !duplicate)).toBe(true);
    expect(sidecar.state.leasesActive()).toBe(many);
    expect(during.every((lease) => lease !== undefined)).toBe(true);
  });

  it('are each refused where a store that is away is not to be stood in for', async () => {
    await open({ onOutage: 'deny' });
    const held = await claimMany();
    proxy.behave('-ERR what?');
    const outcomes = await Promise.allSettled([
      ...held.map((lease) => sidecar.settle(lease!)),
      ...held.map(() => sidecar.claim([{}])),
    ]);
    const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason);
    expect(reasons.every((reason) => reason instanceof StateUnavailableError)).toBe(true);
    proxy.behave('pass');
    await back();
    expect(await slots()).toBe(many);
    expect((await settleAll(held)).every(({ duplicate }) => !duplicate)).toBe(true);
    expect(await slots()).toBe(0);
  });

  it.each(['before they are sent', 'while they are under way'])(
    'begin no outage where this process is held up %s for longer than they may take',
    async (when) => {
      await open({ url: server.url, timeoutMs: 100 });
      const held = await claimMany();
      const calls = Promise.all([claimMany(), settleAll(held)]);
      // Calls leave at the end of the turn they are made in.
      if (when === 'while they are under way') await new Promise((resolve) => setImmediate(resolve));
      const untilMs = performance.now() + 250;
      while (performance.now() < untilMs);
      const [leases] = await calls;
      expect(sidecar.state.degraded).toBe(false);
      expect(await slots()).toBe(many);
      await settleAll(leases);
      expect(await slots()).toBe(0);
    },
  );
});
