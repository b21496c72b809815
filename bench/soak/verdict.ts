import type { Slice } from '../load/paced-job.ts';
import { median } from '../measure/statistics.ts';

/** What a soak has to show. */
export interface SoakVerdict {
  readonly p99: Level;
  readonly memory: Level;
  readonly errors: number;
  /** Selections answered right, of those planned: 1 where the rate was kept. */
  readonly answered: number;
  /** What was missed, a line each; none: all is well. */
  readonly missed: readonly string[];
}

/** How a figure moved from the first third after the warm-up to the last. */
export interface Level {
  readonly first: number;
  readonly last: number;
  /** The change over the time from the first slice to the last, as a share of the first third; up is positive. */
  readonly drift: number;
  readonly level: boolean;
}

/**
 * Some 1 % of the calls meet a full collection, so the p99 of a slice hangs on how many it has: with one or two of them, in half a minute,
 * it differed by half from slice to slice, and the medians of thirds by a fifth. What is left above that is a trend.
 */
const p99Tolerance = 0.25;
/** Milliseconds: less than a caller could tell. */
const p99Least = 0.1;
/** As the row on memory has it: the heap of an idle process differs by that much. */
const memoryTolerance = 0.05;
/** A tenth of the time, and half a minute at least: code gets hot, and every session is bound, in it. */
const warmUpShare = 0.1;
const warmUpSlices = 3;
/** Slices in a third. With fewer a median says nothing. */
const thirdMin = 3;

/** The slices that count. */
export function afterWarmUp(slices: readonly Slice[]): readonly Slice[] {
  return slices.slice(Math.max(warmUpSlices, Math.ceil(slices.length * warmUpShare)));
}

/** Level is what neither ends higher, by the medians of thirds, nor rises steadily, by the median of all slopes. */
export function soakVerdict(slices: readonly Slice[], planned: number): SoakVerdict {
  const counted = afterWarmUp(slices);
  const errors = slices.reduce((sum, slice) => sum + slice.errors, 0);
  const answered = slices.reduce((sum, { selections }) => sum + selections, 0) / planned;
  const p99 = levelOf(counted, ({ p99: ms }) => ms, { share: p99Tolerance, least: p99Least });
  const memory = levelOf(counted, ({ serverRssMb }) => serverRssMb, { share: memoryTolerance, least: 0 });
  const missed = [
    ...(counted.length < 3 * thirdMin ? [`too short: ${counted.length} slices after the warm-up`] : []),
    ...(errors > 0 ? [`${errors} errors`] : []),
    ...(answered < 1
      ? [`${(answered * 100).toFixed(3)} % of the planned selections were answered right`]
      : []),
    ...(p99.level ? [] : [`p99 not level: ${movement(p99, 'ms')}`]),
    ...(memory.level ? [] : [`memory not level: ${movement(memory, 'MB')}`]),
  ];
  return { p99, memory, errors, answered, missed };
}

function movement({ first, last, drift }: Level, unit: string): string {
  return `from ${first.toFixed(2)} to ${last.toFixed(2)} ${unit}, a drift of ${(drift * 100).toFixed(1)} %`;
}

interface Tolerance {
  readonly share: number;
  readonly least: number;
}

function levelOf(
  slices: readonly Slice[],
  figure: (slice: Slice) => number,
  { share, least }: Tolerance,
): Level {
  const third = Math.max(1, Math.floor(slices.length / 3));
  const values = slices.map(figure);
  if (values.length === 0) return { first: Number.NaN, last: Number.NaN, drift: Number.NaN, level: false };
  const first = median(values.slice(0, third));
  const last = median(values.slice(-third));
  const times = slices.map(({ atSeconds }) => atSeconds);
  const risen = medianSlope(times, values) * (times.at(-1)! - times[0]!);
  const allowed = Math.max(first * share, least);
  return { first, last, drift: risen / first, level: last - first <= allowed && risen <= allowed };
}

/** The median of the slopes between all pairs of points (Theil and Sen): a few wild points don't move it. 0 for a single point. */
export function medianSlope(xs: readonly number[], ys: readonly number[]): number {
  const slopes: number[] = [];
  for (let a = 0; a < xs.length; a += 1)
    for (let b = a + 1; b < xs.length; b += 1) slopes.push((ys[b]! - ys[a]!) / (xs[b]! - xs[a]!));
  return slopes.length === 0 ? 0 : median(slopes);
}
