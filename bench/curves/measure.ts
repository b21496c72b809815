import { setTimeout as wait } from 'node:timers/promises';
import type { Job, JobResult } from '../load/job.ts';
import { alternate } from '../measure/alternate.ts';
import { residentBytes } from '../measure/proc.ts';
import { median, spreadOf } from '../measure/statistics.ts';
import { callsPerSecond, cpuMicrosPerCall, summarize } from '../measure/throughput.ts';
import { jobOf, routeStream } from '../rows/jobs.ts';
import type { RowContext } from '../rows/row.ts';
import type { Curve, CurvePoint, SideFigures } from './curve.ts';

const roundMs = 2_000;
/** The garbage of the last calls is given time to go. */
const settleMs = 10_000;
/** Leases that a round of selections alone leaves open until its end. */
const selectionsAtOnce = 20_000;

/** Measures one point of a curve with a sidecar of its own, whose memory nothing else has been in. */
export async function measurePoint(curve: Curve, x: number, context: RowContext): Promise<CurvePoint> {
  const { load, rounds, scale } = context;
  const { sidecar, mix, prepare } = curve.at(x);
  // The first start leaves compiled code for the next, as at an operator's: without it a server is 30 MB larger.
  await (await context.startSidecar()).stop();
  const server = await context.startSidecar(sidecar);
  const megabytes = () => residentBytes(server.pid) / 1e6;
  const ready = megabytes();
  await prepare?.(context, server);
  const until = { ms: roundMs * scale };
  const jobs: Record<string, Job> = {
    unary: jobOf({ server, mix, until }),
    route: jobOf({ server, mix, until, ...routeStream }),
    ...(curve.selectionsAlone && {
      select: jobOf({
        ...{ server, mix, ...routeStream, order: 'selections' },
        until: { ms: roundMs, selections: Math.max(1, Math.round(selectionsAtOnce * scale)) },
      }),
    }),
  };
  const sides: Partial<Record<string, JobResult[]>> = await alternate({ load, rounds, jobs });
  const loaded = megabytes();
  await wait(settleMs * scale);
  const settled = megabytes();
  await server.stop();
  return {
    x,
    unary: figuresOf(sides.unary!),
    route: figuresOf(sides.route!),
    select: sides.select && figuresOf(sides.select),
    memoryMb: { ready, loaded, settled },
  };
}

function figuresOf(results: readonly JobResult[]): SideFigures {
  const { serverShare, clientShare, othersShare } = summarize(results);
  const calls = results.map(callsPerSecond);
  const cpu = results.map(cpuMicrosPerCall);
  return {
    callsPerSecond: median(calls),
    callsSpread: spreadOf(calls),
    cpuMicros: median(cpu),
    cpuSpread: spreadOf(cpu),
    serverShare,
    clientShare,
    othersShare,
  };
}
