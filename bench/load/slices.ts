import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { coreTime, processCpuSeconds, residentBytes } from '../measure/proc.ts';
import type { PacedJob, Slice } from './paced-job.ts';

const microsPerMs = 1000;
const megabyte = 1e6;

/** Gathers one slice after the other, in memory that does not grow with the calls. */
export class Slices {
  readonly #server: PacedJob['server'];
  readonly #beganMs: number;
  /** Microseconds. */
  readonly #latency = newHistogram();
  readonly #late = newHistogram();
  #errors = 0;
  #selections = 0;
  #inFlight = 0;
  #before: Reading;

  constructor(server: PacedJob['server'], nowMs: number) {
    this.#server = server;
    this.#beganMs = nowMs;
    this.#before = read(server, nowMs);
  }

  sent(lateMs: number, inFlight: number): void {
    this.#late.record(micros(lateMs));
    if (inFlight > this.#inFlight) this.#inFlight = inFlight;
  }

  selected(afterMs: number): void {
    this.#selections += 1;
    this.#latency.record(micros(afterMs));
  }

  failed(calls = 1): void {
    this.#errors += calls;
  }

  /** Ends the slice and begins the next. */
  end(nowMs: number): Slice {
    const before = this.#before;
    const after = read(this.#server, nowMs);
    const seconds = (after.nowMs - before.nowMs) / 1000;
    const serverCpu = after.cpuSeconds - before.cpuSeconds;
    const slice = {
      atSeconds: rounded((nowMs - this.#beganMs) / 1000, 1),
      seconds: rounded(seconds, 3),
      selections: this.#selections,
      errors: this.#errors,
      p50: quantileMs(this.#latency, 50),
      p99: quantileMs(this.#latency, 99),
      p999: quantileMs(this.#latency, 99.9),
      longest: rounded(this.#selections === 0 ? 0 : this.#latency.max / microsPerMs, 3),
      sentLateP99: quantileMs(this.#late, 99),
      inFlight: this.#inFlight,
      serverRssMb: rounded(residentBytes(this.#server.pid) / megabyte, 1),
      serverShare: rounded(serverCpu / seconds, 3),
      othersShare: rounded(
        Math.max(0, (after.coreBusySeconds - before.coreBusySeconds - serverCpu) / seconds),
        3,
      ),
    };
    this.#latency.reset();
    this.#late.reset();
    this.#errors = 0;
    this.#selections = 0;
    this.#inFlight = 0;
    this.#before = after;
    return slice;
  }
}

interface Reading {
  readonly nowMs: number;
  readonly cpuSeconds: number;
  readonly coreBusySeconds: number;
}

function read({ pid, core }: PacedJob['server'], nowMs: number): Reading {
  return { nowMs, cpuSeconds: processCpuSeconds(pid), coreBusySeconds: coreTime(core).busy };
}

/** Up to ten minutes, to three digits. */
function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
}

function micros(ms: number): number {
  return Math.max(1, Math.round(ms * microsPerMs));
}

function quantileMs(histogram: RecordableHistogram, percent: number): number {
  return histogram.count === 0 ? 0 : rounded(histogram.percentile(percent) / microsPerMs, 3);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
