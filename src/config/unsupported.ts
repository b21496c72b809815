import type { UnplacedFault } from './fault.ts';
import { isMapping } from './schema/mismatch.ts';

/** Keys whose meaning is settled and whose adapters are still to come. Refused, so that nobody believes them in force. */
export function unsupportedFaults(config: unknown): readonly UnplacedFault[] {
  const state = isMapping(config) ? config.state : undefined;
  const redisUrl = isMapping(state) ? state.redis_url : undefined;
  if (redisUrl === undefined || redisUrl === null) return [];
  const problem = 'is not supported by this version yet; leave it out: state lives in this process';
  return [{ path: ['state', 'redis_url'], problem }];
}
