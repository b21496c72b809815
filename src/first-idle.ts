import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './ports/clock.ts';

const lookEveryMs = 1_000;
/** Share of a second in which the process may have been busy and still counts as idle. */
const idleShare = 0.02;

export interface FirstIdleOptions {
  readonly clock: Clock;
  /** Share of the time since it was last asked in which the event loop was busy, 0 to 1. */
  readonly busyShare?: () => number;
  readonly collect?: () => void;
}

/**
 * Collects, in the first second in which nothing happens, what the start left behind: an idle process has little reason to, ever.
 * Measured: 94 MB resident instead of 112, for a pause of 80 to 140 ms. A process that is busy from its start on is left alone:
 * what it allocates has the rest collected soon.
 */
export function collectAtFirstIdle({
  clock,
  busyShare = busyShareOfLoop(),
  collect = collectAll,
}: FirstIdleOptions): void {
  const look = (): void => {
    if (busyShare() <= idleShare) collect();
    else clock.schedule(lookEveryMs, look);
  };
  clock.schedule(lookEveryMs, look);
}

function busyShareOfLoop(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

/** The collection V8 makes as a last resort: it gives back all it can. */
function collectAll(): void {
  setFlagsFromString('--expose-gc');
  const collector = runInNewContext('gc') as (options: object) => void;
  setFlagsFromString('--no-expose-gc');
  collector({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
