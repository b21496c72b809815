import type { Slice } from '../load/paced-job.ts';
import { median } from '../measure/statistics.ts';
import { callsPerSecond } from '../measure/throughput.ts';
import { cores } from '../processes/cores.ts';
import { jobOf, usualMix } from '../rows/jobs.ts';
import type { RowContext } from '../rows/row.ts';

export interface SoakOptions {
  readonly redis: boolean;
  readonly ms: number;
  readonly sliceMs: number;
  /** Pairs of calls a second. Default: half of what the sidecar was measured to do at most, just before. */
  readonly pairsPerSecond?: number | undefined;
  /** How long the top rate is measured, in milliseconds. */
  readonly topMs: number;
  readonly onTop: (pairsPerSecond: number) => void;
  readonly onSlice: (slice: Slice) => void;
}

export interface SoakRun {
  /** Pairs of calls a second, as fast as they are answered; undefined where a rate was given. */
  readonly topPairsPerSecond: number | undefined;
  readonly pairsPerSecond: number;
  readonly slices: readonly Slice[];
}

/** Enough that memory is full of them before it counts, and asked for again, so that it can be level. */
const mix = { ...usualMix, sessions: 100_000 };
/** Rounds the top rate is the median of, after as many that make the code hot. */
const topRounds = 3;

/** Soaks one sidecar. */
export async function runSoak(
  { load, startRedis, startSidecar }: RowContext,
  { redis, ms, sliceMs, pairsPerSecond: given, topMs, onTop, onSlice }: SoakOptions,
): Promise<SoakRun> {
  const server = await startSidecar(redis ? { redisUrl: (await startRedis()).url } : {});
  let top: number | undefined;
  if (given === undefined) {
    const until = { ms: topMs / (2 * topRounds) };
    const rounds: number[] = [];
    for (let round = 0; round < 2 * topRounds; round += 1)
      rounds.push(callsPerSecond(await load.run(jobOf({ server, mix, until }))) / 2);
    top = Math.round(median(rounds.slice(topRounds)));
    onTop(top);
  }
  const pairsPerSecond = given ?? Math.max(1, Math.round((top ?? 0) / 2));
  const slices: Slice[] = [];
  await load.pace(
    {
      address: server.address,
      connections: 4,
      mix,
      server: { pid: server.pid, core: cores.server },
      ...{ pairsPerSecond, ms, sliceMs },
      // A client that took all of it would keep the Redis from answering.
      sharesCore: redis,
    },
    (slice) => {
      slices.push(slice);
      onSlice(slice);
    },
  );
  return { topPairsPerSecond: top, pairsPerSecond, slices };
}
