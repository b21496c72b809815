import type { Cluster, Redis } from 'ioredis';
import { parseRedisUrl, type RedisAddress } from '../../config/redis-url.ts';

export type RedisClient = Redis | Cluster;

export interface ConnectOptions {
  readonly url: string;
  /** Shown in the server's list of clients. */
  readonly name: string;
  readonly timeoutMs: number;
}

/** How long to wait before connecting anew: soon enough to be back within two seconds, whatever came before. */
const retryMs = 200;

/**
 * A client that connects by itself, and again for as long as it takes. It holds nothing back: a command that can't be sent, or
 * whose connection is lost, fails at once and is not sent again, so that its sender decides.
 */
export async function connectRedis({ url, name, timeoutMs }: ConnectOptions): Promise<RedisClient> {
  // Only here, so that a sidecar whose state is its own does not pay for the driver.
  const { Redis: RedisConstructor, Cluster: ClusterConstructor } = await import('ioredis');
  const address = parseRedisUrl(url);
  const shared = {
    connectionName: name,
    // The answers of scripts are plain; the older protocol asks less of proxies in between.
    protocol: 2,
    connectTimeout: Math.max(1_000, timeoutMs),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A master that became a replica: whoever is master now is found by connecting anew.
    reconnectOnError: onceAWhile((error) => error.message.startsWith('READONLY')),
    ...credentialsOf(address),
    ...(address.tls && { tls: {} }),
  } as const;
  if (address.kind === 'cluster')
    return new ClusterConstructor([...address.hosts], {
      redisOptions: shared,
      enableOfflineQueue: false,
      clusterRetryStrategy: () => retryMs,
      retryDelayOnFailover: retryMs,
      maxRedirections: 3,
    });
  const single = {
    ...shared,
    db: address.db,
    enableOfflineQueue: false,
    retryStrategy: () => retryMs,
  };
  if (address.kind === 'sentinel')
    return new RedisConstructor({
      ...single,
      sentinels: [...address.hosts],
      name: address.master,
      sentinelRetryStrategy: () => retryMs,
      enableTLSForSentinelMode: address.tls,
      ...(address.tls && { sentinelTLS: {} }),
    });
  return new RedisConstructor({ ...single, ...address.hosts[0]! });
}

/** Many commands may meet the same error on one connection; it is given up once. */
function onceAWhile(matches: (error: Error) => boolean): (error: Error) => boolean {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (!matches(error) || performance.now() - lastMs < retryMs) return false;
    lastMs = performance.now();
    return true;
  };
}

function credentialsOf({ username, password }: RedisAddress) {
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}
