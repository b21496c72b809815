/**
 * Puts a constant load on a sidecar for a long time and exits with 1 unless the p99 of SelectAccount and the memory stay level without a
 * single error. The load is half of the highest rate it keeps up with, which is looked for first; calls are sent when they are due,
 * whatever became of those before, and their latency counts from then.
 *
 *   npm run soak -- [--minutes 30] [--redis] [--rate PAIRS_PER_SECOND] [--slice SECONDS] [--out DIRECTORY]
 *
 * Cores and the machine: as `npm run bench`. Runs of less than half an hour don't go to docs/bench unless told to.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withProcesses } from './context.ts';
import type { Slice } from './load/paced-job.ts';
import { count } from './measure/throughput.ts';
import { thisMachine } from './report/machine.ts';
import { published, updateReadme } from './report/readme.ts';
import { root } from './root.ts';
import { type SoakRecord, soakLines, storedSlices, verdictOf, writeSoak } from './soak/results.ts';
import { runSoak } from './soak/run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    redis: { type: 'boolean', default: false },
    rate: { type: 'string' },
    // Long enough for several full collections: a slice's p99 hangs on whether it has one more.
    slice: { type: 'string', default: '60' },
    out: { type: 'string' },
  },
});

/** A soak that counts takes this long at least. */
const minutesLeast = 30;

process.exitCode = await main().catch((error: Error) => refuse(error.message));

async function main(): Promise<number> {
  const minutes = Number(values.minutes);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  const sliceSeconds = Number(values.slice);
  if (!(minutes > 0)) return refuse('--minutes takes a number above 0');
  if (rate !== undefined && !(rate > 0)) return refuse('--rate takes pairs a second, above 0');
  if (!Number.isInteger(sliceSeconds) || sliceSeconds < 1)
    return refuse('--slice takes whole seconds, 1 or more');
  if (process.platform !== 'linux' || availableParallelism() < 2) return refuse('needs Linux and two cores');

  const kind = values.redis ? 'redis' : 'embedded';
  const out = values.out ?? (minutes < minutesLeast ? join(root, 'bench/results') : published);
  const { topPairsPerSecond, pairsPerSecond, slices } = await withProcesses(
    { name: `soak-${kind}`, rounds: 1, scale: 1 },
    (context) =>
      runSoak(context, {
        redis: values.redis,
        ms: minutes * 60_000,
        sliceMs: sliceSeconds * 1000,
        pairsPerSecond: rate,
        topMs: Math.min(5_000, minutes * 2_000),
        onTop: (top) => say(`top rate: ${count(top)} pairs a second`),
        onSlice: (slice) => say(sliceLine(slice)),
      }),
  );
  const record: SoakRecord = {
    at: new Date().toISOString(),
    machine: thisMachine(),
    ...{ kind, minutes },
    ...(topPairsPerSecond !== undefined && { topPairsPerSecond }),
    pairsPerSecond,
    slices: storedSlices(slices),
  };
  writeSoak(out, record);
  say(`${soakLines(record).join('\n')}\nwritten: ${join(out, `soak-${kind}.json`)}, .svg`);
  if (out === published) updateReadme();
  return verdictOf(record).missed.length === 0 ? 0 : 1;
}

function sliceLine(slice: Slice): string {
  const { atSeconds, selections, errors, p50, p99, p999, longest, sentLateP99, inFlight } = slice;
  return [
    `${atSeconds.toFixed(0).padStart(6)} s`,
    `${count(selections)} selections, ${errors} errors`,
    `50 % ${p50.toFixed(2)}, 99 % ${p99.toFixed(2)}, 99.9 % ${p999.toFixed(2)}, longest ${longest.toFixed(1)} ms`,
    `sent late ${sentLateP99.toFixed(2)} ms`,
    `in flight ${inFlight}`,
    `${slice.serverRssMb.toFixed(0)} MB, ${Math.round(slice.serverShare * 100)} % of the core`,
  ].join('; ');
}

function refuse(why: string): number {
  process.stderr.write(`soak: ${why}\n`);
  return 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
