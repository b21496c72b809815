import type { Slice } from '../load/paced-job.ts';
import { cores } from '../processes/cores.ts';
import type { ServerProcess } from '../processes/server.ts';
import { usualMix } from '../rows/jobs.ts';
import type { RowContext } from '../rows/row.ts';
import { topRate } from './top-rate.ts';

export interface SoakOptions {
  readonly redis: boolean;
  readonly ms: number;
  readonly sliceMs: number;
  /** Pairs of calls a second. Default: half of what the sidecar keeps up with, measured just before. */
  readonly pairsPerSecond?: number | undefined;
  /** How long each rate is tried in the search for the top one, in milliseconds. */
  readonly topMs: number;
  readonly onTop: (pairsPerSecond: number) => void;
  readonly onSlice: (slice: Slice) => void;
}

export interface SoakRun {
  /** The most pairs of calls a second that were kept up with; undefined where a rate was given. */
  readonly topPairsPerSecond: number | undefined;
  readonly pairsPerSecond: number;
  readonly slices: readonly Slice[];
}

/** Enough that memory is full of them before it counts, and asked for again, so that it can be level. */
const mix = { ...usualMix, sessions: 100_000 };

/** Soaks one sidecar, from its start. */
export async function runSoak(
  { load, startRedis, startSidecar }: RowContext,
  { redis, ms, sliceMs, pairsPerSecond: given, topMs, onTop, onSlice }: SoakOptions,
): Promise<SoakRun> {
  const options = redis ? { redisUrl: (await startRedis()).url } : {};
  const jobOn = (server: ServerProcess) => ({
    address: server.address,
    connections: 4,
    mix,
    server: { pid: server.pid, core: cores.server },
    // A client that took all of it would keep the Redis from answering.
    sharesCore: redis,
  });
  let top: number | undefined;
  if (given === undefined) {
    // One of its own: the search overloads it, and the memory that takes is not the soak's.
    const server = await startSidecar(options);
    top = await topRate({ load, server, job: { ...jobOn(server), ms: topMs } });
    onTop(top);
    await server.stop();
  }
  const job = jobOn(await startSidecar(options));
  const pairsPerSecond = given ?? Math.max(1, Math.round((top ?? 0) / 2));
  const slices: Slice[] = [];
  const paced = await load.pace({ ...job, pairsPerSecond, ms, sliceMs }, (slice) => {
    slices.push(slice);
    onSlice(slice);
  });
  if (paced === 'fell_behind')
    throw new Error(`${pairsPerSecond} pairs of calls a second were not kept up with`);
  return { topPairsPerSecond: top, pairsPerSecond, slices };
}
