import type { Clock } from '../ports/clock.ts';

export type InTime<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'late' };

/**
 * Waits for the promise, but no longer than `waitMs`. Rejects as it does, if in time; what comes later is dropped, a rejection
 * too.
 */
export async function within<Value>(
  clock: Pick<Clock, 'schedule'>,
  waitMs: number,
  promise: Promise<Value>,
): Promise<InTime<Value>> {
  const { promise: late, resolve } = Promise.withResolvers<InTime<Value>>();
  const timer = clock.schedule(waitMs, () => resolve({ kind: 'late' }));
  try {
    return await Promise.race([promise.then((value) => ({ kind: 'done', value }) as const), late]);
  } finally {
    timer.cancel();
  }
}
