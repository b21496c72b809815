import type { RedisProcess } from '../processes/redis.ts';
import { orFault } from './or-fault.ts';
import type { Figure, RowContext } from './row.ts';

/** Measures with a Redis of the row's own, where there is one to start. */
export async function withRedis(
  { startRedis }: RowContext,
  measure: (redis: RedisProcess) => Promise<Figure>,
): Promise<Figure> {
  const redis = await orFault(startRedis());
  if (redis instanceof Error)
    return { kind: 'unavailable', reason: `no Redis could be started: ${redis.message}` };
  return measure(redis);
}
