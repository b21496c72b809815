import { coreTime, processCpuSeconds } from '../measure/proc.ts';
import type { Job, JobResult } from './job.ts';
import type { Lane } from './lane.ts';
import { Samples } from './samples.ts';

/** A server that answers nothing right is not worth a long run. */
const errorsMax = 100;

/** Keeps `inFlight` calls going over the lanes until the job's end, and measures from its first call to its last answer. */
export async function drive(job: Job, lanes: readonly Lane[]): Promise<JobResult> {
  const { order, server } = job;
  const samples = { select: new Samples(), report: new Samples(), pair: new Samples() };
  const held: Buffer[] = [];
  let errors = 0;
  let reports = 0;
  let selections = 0;
  const before = usage(server);

  await walk(
    job,
    (n, lane, done) => {
      const began = performance.now();
      lane.select(n, (leaseId) => {
        if (leaseId === undefined) {
          errors += 1;
          return done(errors < errorsMax);
        }
        selections += 1;
        const selected = performance.now();
        samples.select.add(selected - began);
        if (order === 'hold') return done(true);
        if (order === 'selections') {
          held.push(Buffer.from(leaseId));
          return done(true);
        }
        lane.report(leaseId, (ok) => {
          if (ok) reports += 1;
          else errors += 1;
          const reported = performance.now();
          samples.report.add(reported - selected);
          samples.pair.add(reported - began);
          done(errors < errorsMax);
        });
      });
    },
    lanes,
  );

  const after = usage(server);
  const calls = selections + reports;
  const reportsFrom = Date.now();
  if (held.length > 0) {
    const all = { ...job, from: 0, until: { ms: Number.POSITIVE_INFINITY, selections: held.length } };
    await walk(
      all,
      (n, lane, done) => {
        lane.report(held[n]!, (ok) => {
          if (!ok) errors += 1;
          done(errors < errorsMax);
        });
      },
      lanes,
    );
  }
  const none = { median: Number.NaN, p99: Number.NaN };
  return {
    selections,
    calls,
    errors,
    seconds: (after.nowMs - before.nowMs) / 1000,
    serverCpuSeconds: after.serverCpu - before.serverCpu,
    clientCpuSeconds: after.clientCpu - before.clientCpu,
    coreBusySeconds: after.core.busy - before.core.busy,
    coreStolenSeconds: after.core.stolen - before.core.stolen,
    latency: {
      select: samples.select.latency() ?? none,
      report: samples.report.latency(),
      pair: samples.pair.latency(),
    },
    selectsAt: { from: before.epochMs, to: after.epochMs },
    reportsAt: order === 'selections' ? { from: reportsFrom, to: Date.now() } : undefined,
  };
}

/** Runs `step` for one request after the other, `inFlight` at a time, until time or number is out or a step says so. */
function walk(
  { inFlight, from = 0, until }: Pick<Job, 'inFlight' | 'from' | 'until'>,
  step: (n: number, lane: Lane, done: (goOn: boolean) => void) => void,
  lanes: readonly Lane[],
): Promise<void> {
  const endMs = performance.now() + until.ms;
  const end = from + (until.selections ?? Number.POSITIVE_INFINITY);
  return new Promise((resolve) => {
    let next = from;
    let active = inFlight;
    let stopped = false;
    const turn = (lane: Lane): void => {
      if (stopped || next >= end || performance.now() >= endMs) {
        active -= 1;
        if (active === 0) resolve();
        return;
      }
      step(next++, lane, (goOn) => {
        if (!goOn) stopped = true;
        turn(lane);
      });
    };
    for (let index = 0; index < inFlight; index += 1) turn(lanes[index % lanes.length]!);
  });
}

function usage({ pid, core }: Job['server']) {
  const { user, system } = process.cpuUsage();
  return {
    nowMs: performance.now(),
    epochMs: Date.now(),
    serverCpu: processCpuSeconds(pid),
    clientCpu: (user + system) / 1e6,
    core: coreTime(core),
  };
}
