import type { Job, JobResult } from '../load/job.ts';
import type { LoadProcess } from '../processes/load.ts';
import type { ServerProcess } from '../processes/server.ts';

export interface AlternateOptions<Side extends string> {
  readonly load: LoadProcess;
  readonly rounds: number;
  /** The job of each side; the order is that of each round. */
  readonly jobs: Readonly<Record<Side, Job>>;
  /** Calls that make each side's code hot. Default 100,000. */
  readonly warmUpCalls?: number;
}

/**
 * Rounds before those that count: at least so many, until each side has had so many calls, but no more than so many. Measured: a call
 * costs 75 µs in a server's first 4 s, 53 in the next, 51 from then on; with 10,000 accounts on a slow machine 350, 215, and 120 until the
 * 100,000th call, after 18 s, then 100.
 */
const warmUp = { rounds: 3, calls: 100_000, roundsAtMost: 10 };

/**
 * Puts load on each side in turn, A B A B, so that whatever else changes with time changes for both. Both are warmed up first, in turn
 * as well, that no round pays for the compilation of hot code, and none of them rests so long that it collects all it can.
 */
export async function alternate<Side extends string>(
  options: AlternateOptions<Side>,
): Promise<Record<Side, JobResult[]>> {
  const { load, rounds, jobs, warmUpCalls = warmUp.calls } = options;
  const sides = Object.entries(jobs) as [Side, Job][];
  const results = Object.fromEntries(sides.map(([side]) => [side, []])) as unknown as Record<
    Side,
    JobResult[]
  >;
  const isWarm = (passed: number, calls: number) => passed >= warmUp.rounds && calls >= warmUpCalls;
  for (let round = 0, least = 0; round < warmUp.roundsAtMost && !isWarm(round, least); round += 1) {
    const calls: number[] = [];
    for (const [, job] of sides) calls.push((await load.run(job)).calls);
    least += Math.min(...calls);
  }
  for (let round = 0; round < rounds; round += 1)
    for (const [side, job] of sides) results[side].push(await load.run(job));
  return results;
}

/** The same for servers of which each gets the same job. */
export function alternateServers<Side extends string>({
  servers,
  job,
  ...options
}: Omit<AlternateOptions<Side>, 'jobs'> & {
  readonly servers: Readonly<Record<Side, ServerProcess>>;
  readonly job: (server: ServerProcess) => Job;
}): Promise<Record<Side, JobResult[]>> {
  const sides = Object.keys(servers) as Side[];
  const jobs = Object.fromEntries(sides.map((side) => [side, job(servers[side])])) as Record<Side, Job>;
  return alternate({ ...options, jobs });
}
