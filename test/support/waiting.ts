import { type SelectInit, select } from './calls.ts';
import { settled } from './manual-clock.ts';
import type { RunningApp } from './start-app.ts';

/** Waits until so many callers stand in line. */
export async function untilWaiting(app: RunningApp, count: number): Promise<void> {
  await until(async () => (await app.metric('remora_waiting')) === count);
}

/** Waits until what `holds` asks for is so; the test's own time limit ends it where that never comes. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await settled();
}

/** Callers that stand in line one after the other, in the order given, each to answer as it is served. */
export async function queue(app: RunningApp, requests: readonly SelectInit[]) {
  const before = await app.metric('remora_waiting');
  const calls: ReturnType<typeof select>[] = [];
  for (const request of requests) {
    const call = select(app, request);
    // Whoever is refused later must not end the test before it looks.
    call.catch(() => undefined);
    calls.push(call);
    await untilWaiting(app, before + calls.length);
  }
  return calls;
}
