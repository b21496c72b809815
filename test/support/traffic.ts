import { setTimeout } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Selection } from '../../gen/remora/v1/selection_pb.ts';
import { costing, report, select } from './calls.ts';
import type { FleetMember } from './fleet.ts';

/** Callers that select and report without an end, and what became of it. A call that fails ends its caller, and `stop` rejects. */
export interface Traffic {
  /** Reports that were answered so far. */
  answered(): number;
  /** Waits for so many more of them, 10 s at most. */
  more(count: number): Promise<void>;
  /** Of the slowest call since the last `slowestMs()`, in milliseconds. */
  slowestMs(): number;
  /** Lets each caller finish. Rejects with the first failure. */
  stop(): Promise<void>;
}

export interface TrafficOptions {
  readonly members: readonly FleetMember[];
  readonly callersEach: number;
  /** USD of each report. */
  readonly costUsd?: number;
  /** Time between a selection and its report, in milliseconds. */
  readonly holdMs?: number;
  /** Looks at each selection. */
  readonly onSelection?: (selection: Selection) => void;
}

export function startTraffic(options: TrafficOptions): Traffic {
  const { members, callersEach, costUsd = 0.25, holdMs = 5, onSelection } = options;
  let running = true;
  let answered = 0;
  let slowestMs = 0;
  const timed = async <T>(call: Promise<T>): Promise<T> => {
    const beganMs = performance.now();
    const result = await call;
    slowestMs = Math.max(slowestMs, performance.now() - beganMs);
    return result;
  };
  const callers = members.flatMap((member) =>
    Array.from({ length: callersEach }, async () => {
      while (running) {
        const selection = await timed(select(member, { model: 'm' }));
        onSelection?.(selection);
        await setTimeout(holdMs);
        await timed(report(member, selection, costing(costUsd)));
        answered += 1;
      }
    }),
  );
  const all = Promise.all(callers);
  all.catch(() => undefined);
  return {
    answered: () => answered,
    async more(count) {
      const from = answered;
      await vi.waitUntil(() => answered >= from + count, { timeout: 10_000 });
    },
    slowestMs() {
      const slowest = slowestMs;
      slowestMs = 0;
      return slowest;
    },
    async stop() {
      running = false;
      await all;
    },
  };
}
