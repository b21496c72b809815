import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll } from 'vitest';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { openRedisState } from '../../src/adapters/redis/open.ts';
import { openRedisStore } from '../../src/adapters/redis/open-store.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { silentLog, uncountedStore } from '../support/redis-options.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { stateStoreContract } from './state-store.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server.close());

stateStoreContract('Redis', async (options) => {
  const { store, client, close } = await openRedisStore({
    ...options,
    url: server.url,
    namespace: randomUUID(),
    timeoutMs: 5_000,
    clock: systemClock,
    log: silentLog,
    metrics: uncountedStore,
  });
  await once(client, 'ready');
  return { store, close };
});

stateStoreContract('Redis, with something to go on with', async (options) => {
  const store = await openRedisState({
    ...options,
    url: server.url,
    namespace: randomUUID(),
    timeoutMs: 5_000,
    onOutage: 'deny',
    createLocal: () => new MemoryStateStore(options),
    clock: systemClock,
    log: silentLog,
    metrics: uncountedStore,
  });
  return { store, close: () => store.close() };
});
