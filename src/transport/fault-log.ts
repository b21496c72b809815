import type { Clock } from '../ports/clock.ts';

/** Takes what callers must not see: the error behind an INTERNAL answer. */
export interface FaultLog {
  fault(method: string, error: unknown): void;
}

export interface FaultLogOptions {
  readonly logger: { error(fields: Record<string, unknown>, message: string): void };
  readonly clock: Clock;
}

/** A fault that every call meets would otherwise write a line, with a stack, per call. */
const quietMs = 1000;

/** Writes at most one line a second per method; the next line tells how many were left out. */
export function createFaultLog({ logger, clock }: FaultLogOptions): FaultLog {
  const methods = new Map<string, { quietUntilMs: number; suppressed: number }>();
  return {
    fault(method, error) {
      const nowMs = clock.now();
      const state = methods.get(method) ?? { quietUntilMs: 0, suppressed: 0 };
      methods.set(method, state);
      if (nowMs < state.quietUntilMs) {
        state.suppressed++;
        return;
      }
      logger.error(
        { err: error, method, suppressed: state.suppressed },
        'A call failed by a fault of our own.',
      );
      state.quietUntilMs = nowMs + quietMs;
      state.suppressed = 0;
    },
  };
}
