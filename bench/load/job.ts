import type { Mix } from './messages.ts';
import type { Paced, PacedJob, Slice } from './paced-job.ts';

/** One stretch of load, as the load process is asked for it. */
export interface Job {
  /** `lean`: this bench's own client, a tenth of the cost of a call; `stock`: @grpc/grpc-js. */
  readonly client: 'lean' | 'stock';
  /** `route`: every connection has one Route stream. */
  readonly calls: 'unary' | 'route';
  /** `host:port` or `unix:/path`; loopback only. */
  readonly address: string;
  readonly connections: number;
  /** Calls in flight over all connections. */
  readonly inFlight: number;
  readonly mix: Mix;
  /** The number of the first request, so that a job can go on where another ended. Default 0. */
  readonly from?: number;
  /**
   * `pairs`: each selection is reported at once, and both are measured. `selections`: the selections are measured, then all
   * are reported. `hold`: the selections are measured, and their leases stay open.
   */
  readonly order: 'pairs' | 'selections' | 'hold';
  /** Whichever comes first. */
  readonly until: { readonly ms: number; readonly selections?: number };
  /** Whose CPU time is read at both ends. */
  readonly server: { readonly pid: number; readonly core: number };
}

/** Milliseconds, of the first 200,000 at most. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
}

export interface JobResult {
  readonly selections: number;
  /** Calls answered in the measured time. */
  readonly calls: number;
  /** Answers that were none. */
  readonly errors: number;
  readonly seconds: number;
  /** User and system time of the server in that time. */
  readonly serverCpuSeconds: number;
  readonly clientCpuSeconds: number;
  /** What the server's core did for anybody, and what the hypervisor took of it. */
  readonly coreBusySeconds: number;
  readonly coreStolenSeconds: number;
  readonly latency: {
    readonly select: Latency;
    readonly report: Latency | undefined;
    readonly pair: Latency | undefined;
  };
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly selectsAt: { readonly from: number; readonly to: number };
  /** Where selections were measured by themselves: when they were reported. */
  readonly reportsAt: { readonly from: number; readonly to: number } | undefined;
}

/** What goes to the load process, and comes back. */
export interface JobMessage {
  readonly number: number;
  readonly job: Job | PacedJob;
}

export type JobAnswer =
  | { readonly number: number; readonly result: JobResult }
  /** One of many. */
  | { readonly number: number; readonly slice: Slice }
  | { readonly number: number; readonly paced: Paced }
  | { readonly number: number; readonly fault: string };
