import { randomUUID } from 'node:crypto';
import type { CooldownTimings } from '../../failover/cooldown.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { StateStoreMetrics } from '../../telemetry/store-metrics.ts';
import { createThrottle } from '../../telemetry/throttle.ts';
import { createScriptCalls } from './calls.ts';
import { connectRedis, type RedisClient } from './connect.ts';
import { createNewsSource } from './news.ts';
import { loadScripts } from './scripts.ts';
import { RedisStateStore } from './state-store.ts';

export interface RedisStoreOptions {
  readonly url: string;
  /** Sidecars that share it share their state. */
  readonly namespace: string;
  /** A call is given up after this long. */
  readonly timeoutMs: number;
  readonly timings: CooldownTimings;
  /** How long a figure read from the ledger is trusted, in milliseconds. */
  readonly spendTtlMs: number;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'info' | 'error'>;
  readonly metrics: StateStoreMetrics;
}

export interface OpenRedisStore {
  readonly store: RedisStateStore;
  /** The connection that calls go over. */
  readonly client: RedisClient;
  /** Gives both connections up and makes them anew. */
  reconnect(): void;
  close(): Promise<void>;
}

const warnEveryMs = 60_000;

/** Connects, and makes the store. Resolves before the server has answered; until then every call is rejected. */
export async function openRedisStore(options: RedisStoreOptions): Promise<OpenRedisStore> {
  const { url, namespace, timeoutMs, clock, log, metrics, timings, spendTtlMs } = options;
  const sidecar = randomUUID();
  // The namespace in braces decides the slot of a cluster, so that all its keys are in one.
  const metaKey = `remora:{${namespace}}:meta`;
  const client = await connectRedis({ url, name: `remora-${namespace}`, timeoutMs });
  const listener = await connectRedis({ url, name: `remora-${namespace}-news`, timeoutMs });
  const throttle = createThrottle(clock, warnEveryMs);
  for (const connection of [client, listener])
    connection.on('error', (err: Error) =>
      throttle((heldBack) => log.warn({ err: err.message, heldBack }, 'redis: the connection failed')),
    );
  const run = createScriptCalls({ client, scripts: loadScripts(), metaKey, timeoutMs, clock, metrics });
  const news = createNewsSource(listener, `remora:{${namespace}}:news`);
  const store = new RedisStateStore({ run, news, timings, spendTtlMs, clock, sidecar });
  return {
    store,
    client,
    reconnect() {
      // Only one that takes itself to be connected: one that is connecting would have to begin anew, and where sentinels have to
      // be asked first it might never come to an end.
      for (const connection of [client, listener])
        if (connection.status === 'ready' || connection.status === 'connect') connection.disconnect(true);
    },
    async close() {
      await store.close();
      client.disconnect();
      listener.disconnect();
    },
  };
}
