import type { PacedJob, Slice } from '../load/paced-job.ts';
import { median } from '../measure/statistics.ts';
import { callsPerSecond } from '../measure/throughput.ts';
import { jobOf } from '../rows/jobs.ts';
import type { RowContext } from '../rows/row.ts';

export interface TopRateOptions {
  readonly load: RowContext['load'];
  /** As the rates are put on; `ms` is how long each is. */
  readonly job: Omit<PacedJob, 'pairsPerSecond' | 'sliceMs'>;
  readonly server: Parameters<typeof jobOf>[0]['server'];
}

/** Rates tried; each halves what is left between the highest kept and the lowest not kept. */
const tries = 6;
/** A backlog shows in the median soon. A single pause does not. */
const keptMs = 5;

/**
 * Pairs of calls a second that a server keeps up with when they come at a constant rate. Calls that wait for each other's answers come
 * in bunches, which are cheaper by half; what they reach is only where the search begins.
 */
export async function topRate({ load, job, server }: TopRateOptions): Promise<number> {
  const { ms, mix } = job;
  let [kept, lost] = [0, 0];
  // The last of three: the code is hot then.
  for (let round = 0; round < 3; round += 1)
    lost = callsPerSecond(await load.run(jobOf({ server, mix, until: { ms } }))) / 2;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const pairsPerSecond = Math.max(1, Math.round((kept + lost) / 2));
    const slices: Slice[] = [];
    const sliceMs = Math.max(200, ms / 10);
    const paced = await load.pace({ ...job, pairsPerSecond, sliceMs }, (slice) => slices.push(slice));
    if (paced === 'over' && median(slices.map(({ p50 }) => p50)) < keptMs) kept = pairsPerSecond;
    else lost = pairsPerSecond;
  }
  return kept;
}
