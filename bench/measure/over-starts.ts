import type { JobResult } from '../load/job.ts';
import type { ServerProcess } from '../processes/server.ts';

/**
 * How often both sides are started. Measured: of eight echo servers started in a row four took 25 to 32 us a call, and four 35 to 45,
 * for as long as they lived: a collection that comes at a bad moment leaves garbage that keeps all that follows alive.
 */
export const starts = 3;

/** Rounds of each start, for at least so many in all. */
export function roundsEach(rounds: number): number {
  return Math.ceil(rounds / starts);
}

export interface OverStartsOptions<Side extends string> {
  readonly start: Readonly<Record<Side, () => Promise<ServerProcess>>>;
  /** Measures the servers of one start. `isLast`: no others come after. */
  readonly measure: (
    servers: Readonly<Record<Side, ServerProcess>>,
    isLast: boolean,
  ) => Promise<Record<Side, JobResult[]>>;
}

/** Measures pairs of servers one after the other, so that no figure hangs on the luck of one process. */
export async function overStarts<Side extends string>({
  start,
  measure,
}: OverStartsOptions<Side>): Promise<Record<Side, JobResult[]>> {
  const sides = Object.keys(start) as Side[];
  const all = Object.fromEntries(sides.map((side) => [side, []])) as unknown as Record<Side, JobResult[]>;
  for (let started = 1; started <= starts; started += 1) {
    const servers = {} as Record<Side, ServerProcess>;
    for (const side of sides) servers[side] = await start[side]();
    const results = await measure(servers, started === starts);
    for (const side of sides) {
      all[side].push(...results[side]);
      await servers[side].stop();
    }
  }
  return all;
}
