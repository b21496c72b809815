import { once } from 'node:events';
import type { StateStore } from '../../ports/state-store.ts';
import { openRedisStore, type RedisStoreOptions } from './open-store.ts';
import { type LocalStore, OutageStateStore } from './outage/outage-store.ts';

export interface RedisStateOptions extends RedisStoreOptions {
  /** While Redis is away: `local` goes on from state in this process, `deny` rejects with a StateUnavailableError. */
  readonly onOutage: 'local' | 'deny';
  /** An empty store of this process, for the time of one outage. */
  readonly createLocal: () => LocalStore;
}

/** How long a start waits for Redis before it goes on without. */
const startWaitMs = 2_000;

/**
 * State shared by all sidecars of a namespace in Redis, and what goes on while that is away. Resolves within two seconds and the
 * timeout, whether or not Redis is there; `degraded` tells. Rejects with a TypeError where the URL is none.
 */
export async function openRedisState(options: RedisStateOptions): Promise<StateStore> {
  const { clock, log, onOutage, createLocal } = options;
  const { store, client, reconnect, close } = await openRedisStore(options);
  const state = new OutageStateStore({ shared: store, createLocal, onOutage, clock, log, reconnect, close });
  await once(client, 'ready', { signal: AbortSignal.timeout(startWaitMs) }).catch(() => undefined);
  // The first exchange: the picture as it is, or the outage that begins with the start.
  await state.expire(clock.now()).catch(() => undefined);
  return state;
}
