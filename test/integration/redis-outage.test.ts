import { describe, expect, it, vi } from 'vitest';
import { StateUnavailableError } from '../../src/ports/state-unavailable.ts';
import { lastingRedis } from '../support/lasting-redis.ts';

describe('without Redis a sidecar', () => {
  const lasting = lastingRedis();
  const { open, backWithin, slots } = lasting;
  const four = (concurrency: number) => ['a', 'b', 'c', 'd'].map((accountId) => ({ accountId, concurrency }));

  it('goes on under load when it is killed, answers each call in time, and is back within 2 s of its return', async () => {
    const sidecar = await open();
    let isRunning = true;
    let slowestMs = 0;
    let answered = 0;
    const caller = async () => {
      while (isRunning) {
        const beganMs = performance.now();
        const lease = await sidecar.claim(four(0));
        slowestMs = Math.max(slowestMs, performance.now() - beganMs);
        const reportedMs = performance.now();
        await sidecar.settle(lease!);
        slowestMs = Math.max(slowestMs, performance.now() - reportedMs);
        answered += 1;
        await new Promise(setImmediate);
      }
    };
    const callers = Array.from({ length: 20 }, caller);
    await vi.waitUntil(() => answered > 200);
    await lasting.server.signal('SIGKILL');
    await vi.waitUntil(() => sidecar.state.degraded);
    const then = answered;
    await vi.waitUntil(() => answered > then + 200);
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    const after = answered;
    await vi.waitUntil(() => answered > after + 200);
    isRunning = false;
    await Promise.all(callers);
    // The budget of 250 ms, and room for a machine that is busy with other tests.
    expect(slowestMs).toBeLessThan(500);
    await sidecar.beat();
    expect(sidecar.state.leasesActive()).toBe(0);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(slots))).toEqual([0, 0, 0, 0]);
  });

  it('holds to its share of each limit among the sidecars last known, and shows the rest as taken', async () => {
    const [first, second] = [await open(), await open()];
    await open();
    await Promise.all([first.beat(), second.beat()]);
    await lasting.server.signal('SIGKILL');
    const accounts = four(7);
    const leases = await Promise.all(Array.from({ length: 40 }, () => first.claim(accounts)));
    expect(first.state.degraded).toBe(true);
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(4 * 2);
    expect(first.state.figures('a').inFlight).toBe(7);
    const one = await Promise.all(
      Array.from({ length: 3 }, () => second.claim([{ accountId: 'e', concurrency: 2 }])),
    );
    expect(one.filter((lease) => lease !== undefined)).toHaveLength(1);
    const minute = await Promise.all(
      Array.from({ length: 9 }, () => second.claim([{ accountId: 'f', rpmLimit: 7 }])),
    );
    expect(minute.filter((lease) => lease !== undefined)).toHaveLength(2);
  });

  it('settles on return what was reported meanwhile, and takes along what is still held', async () => {
    const sidecar = await open();
    const reported = (await sidecar.claim([{ accountId: 'a', concurrency: 9 }]))!;
    const kept = (await sidecar.claim([{ accountId: 'a', concurrency: 9 }]))!;
    await lasting.server.signal('SIGKILL');
    const meanwhile = (await sidecar.claim([{ accountId: 'a', concurrency: 9 }]))!;
    const short = (await sidecar.claim([{ accountId: 'a', concurrency: 9 }]))!;
    expect((await sidecar.settle(reported)).duplicate).toBe(false);
    expect((await sidecar.settle(short)).duplicate).toBe(false);
    expect(sidecar.state.leasesActive()).toBe(2);
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    expect(await slots('a')).toBe(2);
    const other = await open();
    expect(other.state.figures('a').inFlight).toBe(2);
    expect((await other.settle(reported)).duplicate).toBe(true);
    expect((await sidecar.settle(short)).duplicate).toBe(true);
    expect(await other.settle(meanwhile)).toMatchObject({ duplicate: false, lease: meanwhile });
    expect(await sidecar.settle(kept)).toMatchObject({ duplicate: false, lease: kept });
    expect(await slots('a')).toBe(0);
  });

  it('brings the cooldowns of an outage back with it, and reads anew what was spent', async () => {
    const sidecar = await open();
    const nowMs = Date.now();
    const windowStartMs = nowMs - (nowMs % 3_600_000);
    const [reading] = await sidecar.state.windowCosts.read([{ accountId: 'a', windowStartMs }], nowMs);
    const { token } = reading!;
    await sidecar.state.windowCosts.fill([{ accountId: 'a', windowStartMs, costUsd: 5, token }], nowMs);
    await lasting.server.signal('SIGKILL');
    const lease = (await sidecar.claim([{ accountId: 'a' }]))!;
    await sidecar.settle(lease, { spend: { kind: 'known', costUsd: 1 } });
    expect(sidecar.state.figures('a').windowCost(windowStartMs, nowMs)).toBe(6);
    await sidecar.fail((await sidecar.claim([{ accountId: 'b' }]))!);
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    const other = await open();
    expect(other.state.figures('b').modelCooldown('m')?.reason).toBe('RATE_LIMIT');
    const readings = await other.state.windowCosts.read([{ accountId: 'a', windowStartMs }], nowMs);
    expect(readings).toMatchObject([{ costUsd: undefined }]);
    expect(sidecar.state.figures('a').windowCost(windowStartMs, nowMs)).toBeUndefined();
  });

  it('goes on with chains over both ends of an outage', async () => {
    const sidecar = await open();
    const early = (await sidecar.claim([{ accountId: 'a' }]))!;
    const before = (await sidecar.claim([{ accountId: 'a' }]))!;
    await sidecar.fail(early);
    const begun = await sidecar.state.fate(early.id, Date.now());
    await lasting.server.signal('SIGKILL');
    await sidecar.fail(before);
    expect(begun).toMatchObject({ kind: 'failed' });
    expect(await sidecar.state.fate(early.id, Date.now())).toEqual(begun);
    const fate = await sidecar.state.fate(before.id, Date.now());
    expect(fate).toMatchObject({ kind: 'failed', chain: { attempts: [{ accountId: 'a' }] } });
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    expect(await sidecar.state.fate(before.id, Date.now())).toEqual(fate);
  });

  it('keeps sessions where they are, and tells where they went', async () => {
    const sidecar = await open();
    const session = (assumedAccountId: string) => ({
      sessionId: 's',
      ttlMs: 60_000,
      assumedAccountId,
      verify: true,
    });
    await sidecar.claim([{ accountId: 'a' }], { session: session('') });
    await lasting.server.signal('SIGKILL');
    const kept = await sidecar.claim([{ accountId: 'a' }], { session: session('a') });
    expect(kept?.grant.sticky).toBe('KEPT');
    const moved = await sidecar.claim([{ accountId: 'b' }], { session: session('a') });
    expect(moved?.grant.sticky).toBe('MOVED');
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    const other = await open();
    const elsewhere = await other.state.claim(other.request([], { session: session('a') }));
    expect(elsewhere).toEqual({ kind: 'binding_differs', accountId: 'b' });
  });

  it('does later for all what an operator asked for meanwhile', async () => {
    const sidecar = await open();
    await lasting.server.signal('SIGKILL');
    await sidecar.state.setOverride('a', { schedulable: false, reason: 'broken' });
    expect(sidecar.state.figures('a').override?.schedulable).toBe(false);
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    expect((await open()).state.figures('a').override).toEqual({ schedulable: false, reason: 'broken' });
  });

  it('starts, serves, and joins the others once it comes', async () => {
    await lasting.server.signal('SIGKILL');
    const sidecar = await open();
    expect(sidecar.state.degraded).toBe(true);
    const lease = (await sidecar.claim([{ accountId: 'a', concurrency: 1 }]))!;
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    expect(await slots('a')).toBe(1);
    expect(await sidecar.claim([{ accountId: 'a', concurrency: 1 }])).toBeUndefined();
    await sidecar.settle(lease);
    expect(await slots('a')).toBe(0);
  });

  it('denies where it is told to, at once, and serves again when it is back', async () => {
    const sidecar = await open({ onOutage: 'deny' });
    const lease = (await sidecar.claim([{ accountId: 'a', concurrency: 1 }]))!;
    await lasting.server.signal('SIGKILL');
    await expect(sidecar.claim([{ accountId: 'a' }])).rejects.toThrow(StateUnavailableError);
    expect(sidecar.state.degraded).toBe(true);
    const beganMs = performance.now();
    await expect(sidecar.settle(lease)).rejects.toThrow(StateUnavailableError);
    await expect(sidecar.state.fate(lease.id, Date.now())).rejects.toThrow(StateUnavailableError);
    expect(performance.now() - beganMs).toBeLessThan(50);
    await lasting.server.restart();
    await backWithin(2_000, sidecar);
    expect((await sidecar.settle(lease)).duplicate).toBe(false);
    expect(await slots('a')).toBe(0);
  });
});
