import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, vi } from 'vitest';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { Sidecar, type SidecarOptions } from './redis-sidecars.ts';

/** A Redis that keeps its data through a crash, new for each test of the suite that asks for it, and the sidecars that share it. */
export interface LastingRedis {
  readonly server: RedisServer;
  /** Opens a sidecar; it is closed when the test ends. */
  open(options?: Partial<SidecarOptions>): Promise<Sidecar>;
  /** Resolves once those sidecars are back with the store; rejects after so many milliseconds. */
  backWithin(ms: number, ...those: readonly Sidecar[]): Promise<unknown>;
  /** Slots in use, as the server itself says. */
  slots(accountId: string): Promise<number>;
}

/** To be called where tests are declared. */
export function lastingRedis(): LastingRedis {
  let server: RedisServer;
  let namespace: string;
  const sidecars: Sidecar[] = [];
  beforeEach(async () => {
    server = await startRedisServer(['--appendonly', 'yes', '--appendfsync', 'always']);
    namespace = randomUUID();
  });
  afterEach(async () => {
    await Promise.all(sidecars.splice(0).map(({ state }) => state.close()));
    await server.close();
  });
  return {
    get server() {
      return server;
    },
    async open(options = {}) {
      const sidecar = await Sidecar.open({ url: server.url, namespace, ...options });
      sidecars.push(sidecar);
      return sidecar;
    },
    backWithin: (ms, ...those) =>
      vi.waitUntil(() => those.every(({ state }) => !state.degraded), { timeout: ms, interval: 10 }),
    slots: (accountId) =>
      server.client().zcount(`remora:{${namespace}}:slots:${accountId}`, Date.now(), '+inf'),
  };
}
