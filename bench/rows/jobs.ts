import type { Job } from '../load/job.ts';
import type { Mix } from '../load/messages.ts';
import { cores } from '../processes/cores.ts';
import type { ServerProcess } from '../processes/server.ts';
import { groupName } from '../processes/sidecar-config.ts';

/** A request as most are: of a group, a session and a user; a report that tells what was used. */
export const usualMix: Mix = { groups: [groupName(0)], sessions: 10_000, users: 100, usage: true };

/** One round, in milliseconds. Ticks of 10 ms are a third of a percent of it. */
export const roundMs = 3_000;

export interface JobOptions extends Partial<Omit<Job, 'server'>> {
  readonly server: ServerProcess;
}

/** Unary calls as fast as a server answers them, 64 in flight over four connections, unless said otherwise. */
export function jobOf({ server, ...options }: JobOptions): Job {
  return {
    client: 'lean',
    calls: 'unary',
    address: server.address,
    connections: 4,
    inFlight: 64,
    mix: usualMix,
    order: 'pairs',
    until: { ms: roundMs },
    server: { pid: server.pid, core: cores.server },
    ...options,
  };
}

/** One call at a time. */
export const oneAtATime = { connections: 1, inFlight: 1 } as const;

/** One Route stream with many calls in flight on it. */
export const routeStream = { calls: 'route', connections: 1, inFlight: 256 } as const;
