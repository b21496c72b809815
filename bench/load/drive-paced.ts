import type { Lane } from './lane.ts';
import { Pace } from './pace.ts';
import type { Paced, PacedJob, Slice } from './paced-job.ts';
import { Slices } from './slices.ts';

/** More unanswered calls than this, and the server does not keep up: what is measured from then on is the queue. */
const inFlightMax = 20_000;
/** How long the last answers are waited for, in milliseconds. */
const lastAnswersMs = 10_000;
/** Nearer than this a timer, which counts in whole milliseconds, would be late: the event loop is turned until then. */
const timerMs = 2;

/** Sends pairs of calls as planned until the plan is over, or the server is too far behind it. Tells of each slice as it ends. */
export function drivePaced(
  job: PacedJob,
  lanes: readonly Lane[],
  onSlice: (slice: Slice) => void,
): Promise<Paced> {
  const { pairsPerSecond, ms, sliceMs, sharesCore, server } = job;
  const beganMs = performance.now();
  const pace = new Pace({ perSecond: pairsPerSecond, beganMs, lastsMs: ms });
  const slices = new Slices(server, beganMs);
  let sent = 0;
  let inFlight = 0;
  let sliceEndMs = beganMs + sliceMs;

  const send = (n: number): void => {
    const lane = lanes[n % lanes.length]!;
    const plannedMs = pace.plannedMs(n);
    inFlight += 1;
    slices.sent(performance.now() - plannedMs, inFlight);
    lane.select(n, (leaseId) => {
      if (leaseId === undefined) {
        slices.failed();
        inFlight -= 1;
        return;
      }
      slices.selected(performance.now() - plannedMs);
      lane.report(leaseId, (ok) => {
        if (!ok) slices.failed();
        inFlight -= 1;
      });
    });
  };

  return new Promise((resolve) => {
    const turn = (): void => {
      const nowMs = performance.now();
      for (const due = pace.dueBy(nowMs); sent < due && inFlight < inFlightMax; sent += 1) send(sent);
      if (inFlight >= inFlightMax) {
        resolve('fell_behind');
        return;
      }
      const overMs = nowMs - beganMs - ms;
      if (sent === pace.total && overMs >= 0 && (inFlight === 0 || overMs > lastAnswersMs)) {
        slices.failed(inFlight);
        onSlice(slices.end(nowMs));
        resolve('over');
        return;
      }
      // The last slice ends with the last answer.
      if (nowMs >= sliceEndMs && overMs < 0) {
        onSlice(slices.end(nowMs));
        sliceEndMs += sliceMs;
      }
      const waitMs = sent < pace.total ? pace.plannedMs(sent) - nowMs : timerMs;
      if (sharesCore) setTimeout(turn, waitMs);
      else if (waitMs < timerMs) setImmediate(turn);
      else setTimeout(turn, waitMs - 1);
    };
    turn();
  });
}
