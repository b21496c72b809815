import type { Job } from './job.ts';

/** Pairs of calls, unary, at a constant rate. */
export interface PacedJob extends Pick<Job, 'address' | 'connections' | 'mix' | 'server'> {
  readonly pairsPerSecond: number;
  readonly ms: number;
  /** The length of a slice. */
  readonly sliceMs: number;
  /**
   * Others need the load's core too: calls wait for timers, and go out up to a millisecond late. Else the client turns until a call is
   * due, and takes its whole core.
   */
  readonly sharesCore: boolean;
}

/** How a paced job went: to its end, or not, since too many calls were left unanswered. */
export type Paced = 'over' | 'fell_behind';

/** What happened in one slice of a paced job. Calls belong to the slice in which they were answered. */
export interface Slice {
  /** From the job's begin to the slice's end. */
  readonly atSeconds: number;
  readonly seconds: number;
  /** SelectAccount calls that were answered right. */
  readonly selections: number;
  /** Answers that were none. */
  readonly errors: number;
  /** Milliseconds from the moment a SelectAccount was to be sent until its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
  /** Milliseconds by which 99 % of the calls were sent late at most: what the client itself adds. */
  readonly sentLateP99: number;
  /** Calls in flight at most. */
  readonly inFlight: number;
  readonly serverRssMb: number;
  /** Of its core, 0 to 1. */
  readonly serverShare: number;
  /** Of the server's core, what others took. */
  readonly othersShare: number;
}
