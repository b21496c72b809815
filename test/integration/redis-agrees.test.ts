import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { openRedisStore } from '../../src/adapters/redis/open-store.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { silentLog, uncountedStore } from '../support/redis-options.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { anyStep, Walk, walkOptions } from '../support/store-walk.ts';

/** Whatever callers do, Redis answers as the memory does: each is the other's model. */
describe('state in Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server.close());

  it('is what state in memory would be, step by step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 60 }), async (steps) => {
        const memory = new MemoryStateStore(walkOptions);
        const { store, client, close } = await openRedisStore({
          ...walkOptions,
          url: server.url,
          namespace: randomUUID(),
          timeoutMs: 5_000,
          clock: systemClock,
          log: silentLog,
          metrics: uncountedStore,
        });
        await new Promise((resolve) => client.once('ready', resolve));
        try {
          const one = new Walk(memory);
          const two = new Walk(store);
          for (const step of steps) {
            const expected = await one.take(step);
            expect(await two.take(step), JSON.stringify(step)).toEqual(expected);
          }
        } finally {
          await close();
        }
      }),
      { numRuns: 150, seed: 4 },
    );
  }, 120_000);
});
