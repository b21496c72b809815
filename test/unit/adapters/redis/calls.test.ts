import { afterEach, describe, expect, it, vi } from 'vitest';
import { createScriptCalls } from '../../../../src/adapters/redis/calls.ts';
import type { RedisClient } from '../../../../src/adapters/redis/connect.ts';
import { loadScripts } from '../../../../src/adapters/redis/scripts.ts';
import { StateUnavailableError } from '../../../../src/ports/state-unavailable.ts';
import { manualClock, settled } from '../../../support/manual-clock.ts';

/** A script under way on a client that answers when it is told to; `elapse` moves the process' own time. */
function begin() {
  let atMs = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => atMs);
  const clock = manualClock();
  const reply = Promise.withResolvers<string>();
  const client = { evalsha: () => reply.promise } as unknown as RedisClient;
  const metrics = { observeRoundTrip: vi.fn(), errors: vi.fn() };
  const options = { client, scripts: loadScripts(), metaKey: 'meta', timeoutMs: 100, clock, metrics };
  const outcome = vi.fn();
  createScriptCalls(options)({ operation: 'claim', script: 'claim', args: [] }, (read) => read).then(
    outcome,
    outcome,
  );
  /** The timers that are due run once so much time has gone by, `lateMs` of it while the process was held up. */
  const elapse = (ms: number, lateMs = 0) => {
    atMs += ms + lateMs;
    clock.advance(ms);
  };
  return { clock, elapse, outcome, metrics, answer: reply.resolve };
}

const givenUp = new StateUnavailableError('redis, claim: no answer within 100 ms');

describe('a script that runs', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is given up when its time is over, and counted', async () => {
    const { elapse, outcome, metrics } = begin();
    elapse(99);
    await settled();
    expect(outcome).not.toHaveBeenCalled();
    elapse(1);
    await settled();
    expect(outcome).toHaveBeenCalledExactlyOnceWith(givenUp);
    expect(metrics.errors).toHaveBeenCalledExactlyOnceWith('claim');
    expect(metrics.observeRoundTrip).not.toHaveBeenCalled();
  });

  it('has its answer read where that came in before the process looked', async () => {
    const { elapse, outcome, answer, clock } = begin();
    elapse(100);
    answer('late but there');
    await settled();
    expect(outcome).toHaveBeenCalledExactlyOnceWith('late but there');
    expect(clock.pending).toBe(0);
  });

  it('is waited for a little longer where the process was held up all the while, and its server maybe with it', async () => {
    const { elapse, outcome, answer, clock, metrics } = begin();
    elapse(100, 150);
    await settled();
    expect(outcome).not.toHaveBeenCalled();
    elapse(15);
    answer('at last');
    await settled();
    expect(outcome).toHaveBeenCalledExactlyOnceWith('at last');
    expect(metrics.errors).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it('is given up then, too, if nothing comes', async () => {
    const { elapse, outcome, answer, metrics } = begin();
    elapse(100, 150);
    elapse(20, 300);
    await settled();
    expect(outcome).toHaveBeenCalledExactlyOnceWith(givenUp);
    answer('far too late');
    await settled();
    expect(outcome).toHaveBeenCalledTimes(1);
    expect(metrics.observeRoundTrip).not.toHaveBeenCalled();
  });
});
