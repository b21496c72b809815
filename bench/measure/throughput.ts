import type { JobResult } from '../load/job.ts';
import { median, type Spread, spreadOf } from './statistics.ts';

/*
 * Two servers under the same load, compared. Where a server takes its whole core it is what limits the calls per second, and they
 * are compared. Where it does not, the client (or a Redis) is what limits, calls per second say nothing of the server, and its
 * CPU time per call is compared in their place.
 */

/** A server that takes this share of its core is the limit. */
const limitShare = 0.9;

/** More than this of the server's core for anybody else, and the machine is not quiet enough for a figure to count. */
const disturbedShare = 0.05;

export interface ThroughputRatio {
  readonly value: number;
  readonly spread: Spread;
  readonly by: 'calls' | 'cpu';
}

/** How a side fared, as medians over its rounds. */
export interface SideSummary {
  readonly callsPerSecond: number;
  readonly cpuMicrosPerCall: number;
  /** Of its core, 0 to 1. */
  readonly serverShare: number;
  readonly clientShare: number;
  /** Of the server's core, taken by others. */
  readonly othersShare: number;
}

export function callsPerSecond({ calls, seconds }: JobResult): number {
  return calls / seconds;
}

export function cpuMicrosPerCall({ calls, serverCpuSeconds }: JobResult): number {
  return (serverCpuSeconds * 1e6) / calls;
}

export function summarize(results: readonly JobResult[]): SideSummary {
  const share = (of: (result: JobResult) => number) => median(results.map((each) => of(each) / each.seconds));
  return {
    callsPerSecond: median(results.map(callsPerSecond)),
    cpuMicrosPerCall: median(results.map(cpuMicrosPerCall)),
    serverShare: share(({ serverCpuSeconds }) => serverCpuSeconds),
    clientShare: share(({ clientCpuSeconds }) => clientCpuSeconds),
    othersShare: share(({ coreBusySeconds, serverCpuSeconds }) =>
      Math.max(0, coreBusySeconds - serverCpuSeconds),
    ),
  };
}

/** How many times the floor's throughput the measured server has, round by round; more is better. */
export function throughputRatio(
  measured: readonly JobResult[],
  floor: readonly JobResult[],
): ThroughputRatio {
  const limited = [measured, floor].every((results) => summarize(results).serverShare >= limitShare);
  const ratios = measured.map((result, round) => {
    const other = floor[round]!;
    return limited
      ? callsPerSecond(result) / callsPerSecond(other)
      : cpuMicrosPerCall(other) / cpuMicrosPerCall(result);
  });
  return { value: median(ratios), spread: spreadOf(ratios), by: limited ? 'calls' : 'cpu' };
}

/** One side in a line. */
export function sideLine(name: string, results: readonly JobResult[]): string {
  const side = summarize(results);
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const { low, high } = spreadOf(results.map(callsPerSecond));
  const figures = [
    `${count(side.callsPerSecond)} calls/s (${count(low)} to ${count(high)})`,
    `${side.cpuMicrosPerCall.toFixed(1)} µs of its CPU a call`,
    `server ${percent(side.serverShare)} of its core`,
    `client ${percent(side.clientShare)} of the other`,
  ];
  if (side.othersShare > disturbedShare)
    figures.push(`DISTURBED: others took ${percent(side.othersShare)} of the server's core`);
  return `${name}: ${figures.join(', ')}`;
}

/** Which figure was compared, and why, in a line. */
export function comparedLine({ by }: ThroughputRatio): string {
  return by === 'calls'
    ? `compared by calls per second: both servers took at least ${limitShare * 100} % of their core, so they were the limit`
    : `compared by the servers' CPU time per call: a server took less than ${limitShare * 100} % of its core, so it was not the limit`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
