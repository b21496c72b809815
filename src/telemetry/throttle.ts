import type { Clock } from '../ports/clock.ts';

/**
 * Lets at most one call through per interval, so that a store that is away writes a line a minute and not one per request.
 * `act` learns how many were held back since the last one let through.
 */
export function createThrottle(
  clock: Pick<Clock, 'now'>,
  intervalMs: number,
): (act: (heldBack: number) => void) => void {
  let openAtMs = Number.NEGATIVE_INFINITY;
  let heldBack = 0;
  return (act) => {
    const nowMs = clock.now();
    if (nowMs < openAtMs) {
      heldBack += 1;
      return;
    }
    openAtMs = nowMs + intervalMs;
    const count = heldBack;
    heldBack = 0;
    act(count);
  };
}
