import type { RedisProcess } from '../processes/redis.ts';
import type { ServerProcess } from '../processes/server.ts';
import { orFault } from './or-fault.ts';
import type { Figure, RowContext } from './row.ts';

interface WithRedis {
  readonly sidecar: ServerProcess;
  readonly redis: RedisProcess;
}

/** Measures a sidecar whose state is in Redis, where this version has that and there is a Redis to start. */
export async function withRedis(
  { startRedis, startSidecar }: RowContext,
  measure: (processes: WithRedis) => Promise<Figure>,
): Promise<Figure> {
  const redis = await orFault(startRedis());
  if (redis instanceof Error)
    return { kind: 'unavailable', reason: `no Redis could be started: ${redis.message}` };
  const sidecar = await orFault(startSidecar({ redisUrl: redis.url }));
  if (sidecar instanceof Error)
    return { kind: 'unavailable', reason: `not available in this version: ${withoutFile(sidecar.message)}` };
  return measure({ sidecar, redis });
}

/** The complaint without the name of a file that is gone by now. */
function withoutFile(complaint: string): string {
  return complaint.replace(/^remora: \S+?:\d+: /, '');
}
