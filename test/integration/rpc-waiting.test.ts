import { describe, expect, it } from 'vitest';
import {
  cancelledOutcome,
  failedWith,
  leaseOf,
  planOf,
  refusalOf,
  rejectionsOf,
  report,
  seconds,
  select,
} from '../support/calls.ts';
import { settled } from '../support/manual-clock.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';
import { queue, until, untilWaiting } from '../support/waiting.ts';

const one = groupOf([subscription('a', { concurrency: 1 })]);
const patient = { maxWait: seconds(20) };

describe('a full account', () => {
  it('gives a wait plan to who would not wait', async () => {
    const app = await startTestApp({ config: one });
    await select(app);
    expect(await planOf(app)).toMatchObject({
      accountId: 'a',
      maxConcurrency: 1,
      timeout: seconds(30),
      maxWaiting: 100,
      waiting: 0,
    });
    await queue(app, [patient]);
    expect((await planOf(app)).waiting).toBe(1);
  });

  it('gives a plan of its own to a session bound to it', async () => {
    const app = await startTestApp({ config: one });
    await select(app, { sessionId: 's' });
    expect(await planOf(app, { sessionId: 's' })).toMatchObject({ timeout: seconds(45), maxWaiting: 3 });
  });

  it.each([
    { by: 'a report', free: {} },
    { by: 'a cancelled call', free: cancelledOutcome },
  ])('serves those in line in the order they came as slots are freed by $by', async ({ free }) => {
    const app = await startTestApp({ config: one });
    let held = await select(app);
    const calls = await queue(app, [patient, patient, patient]);
    for (const call of calls) {
      await report(app, held, free);
      held = await call;
      expect(await app.metric('remora_account_in_flight', { account: 'a' })).toBe(1);
    }
    expect(await app.metric('remora_waiting')).toBe(0);
    expect(await app.metric('remora_wait_duration_seconds_count')).toBe(3);
  });

  it('serves as many as slots are freed at once', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a', { concurrency: 3 })]) });
    const held = await Promise.all([select(app), select(app), select(app)]);
    const calls = await queue(app, [patient, patient, patient]);
    await Promise.all(held.map((selection) => report(app, selection)));
    await Promise.all(calls);
  });

  it('serves those in line when a reload gives it more slots', async () => {
    const app = await startTestApp({ config: one });
    await select(app);
    const calls = await queue(app, [patient, patient, patient]);
    app.reload(groupOf([subscription('a', { concurrency: 4 })]));
    await Promise.all(calls);
  });

  it('serves those in line when a lease expires', async () => {
    const app = await startTestApp({ config: one });
    await select(app, { leaseTtl: seconds(5) });
    const [call] = await queue(app, [patient]);
    app.clock.advance(5_000);
    await settled();
    app.clock.advance(500);
    await call;
    expect(await app.metric('remora_leases_expired_total')).toBe(1);
  });

  it('refuses those whose time is out, by the smaller of their own and the plan', async () => {
    const app = await startTestApp({ config: one });
    await select(app, { sessionId: 's' });
    const [short, long, bound] = await queue(app, [
      { maxWait: seconds(10) },
      { maxWait: seconds(90) },
      { maxWait: seconds(90), sessionId: 's' },
    ]);
    for (const [call, afterS, left] of [
      [short, 10, 2],
      [long, 20, 1],
      [bound, 15, 0],
    ] as const) {
      app.clock.advance(afterS * 1000 - 1);
      await untilWaiting(app, left + 1);
      app.clock.advance(1);
      const { code, failure } = await refusalOf(call!);
      expect(code).toBe('RESOURCE_EXHAUSTED');
      expect(rejectionsOf(failure)).toEqual({ CONCURRENCY_FULL: 1 });
      expect(await app.metric('remora_waiting')).toBe(left);
    }
    expect(await app.metric('remora_wait_duration_seconds_sum')).toBe(10 + 30 + 45);
  });

  it('lets at most as many wait as the setting says', async () => {
    const app = await startTestApp({ config: { ...one, scheduling: { fallback_max_waiting: 2 } } });
    await select(app);
    await queue(app, [patient, patient]);
    expect((await refusalOf(select(app, patient))).code).toBe('RESOURCE_EXHAUSTED');
    expect((await refusalOf(select(app))).code).toBe('RESOURCE_EXHAUSTED');
    expect(await app.metric('remora_waiting')).toBe(2);
  });

  it('lets no more wait though they come at once', async () => {
    const app = await startTestApp({ config: one });
    await select(app);
    const calls = Array.from({ length: 130 }, () => select(app, patient).catch((error) => error.details));
    await until(async () => (await app.metric('remora_selections_total', { outcome: 'exhausted' })) === 30);
    expect(await app.metric('remora_waiting')).toBe(100);
    app.clock.advance(20_000);
    await Promise.all(calls);
  });

  it('lets three of its sessions wait, and sends the fourth elsewhere', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { concurrency: 1 }), subscription('b', { priority: 60 })]),
    });
    await select(app, { sessionId: 's' });
    await queue(
      app,
      [1, 2, 3].map(() => ({ ...patient, sessionId: 's' })),
    );
    const fourth = await select(app, { ...patient, sessionId: 's' });
    expect(fourth.account?.id).toBe('b');
  });

  it('keeps the third session in line when all look again', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { concurrency: 1 }), subscription('b', { priority: 60 })]),
    });
    const held = await select(app, { sessionId: 's' });
    const calls = await queue(
      app,
      [1, 2, 3].map(() => ({ ...patient, sessionId: 's' })),
    );
    // Any change of standing lets all of them look again; none of them may lose its place by its own count.
    await app.admin.setAccountSchedulable({ accountId: 'b', schedulable: true });
    await untilWaiting(app, 3);
    await report(app, held);
    const [first] = await Promise.all(calls.slice(0, 1));
    expect(first?.account?.id).toBe('a');
    expect(await app.metric('remora_waiting')).toBe(2);
  });

  it('is not handed to a newcomer while others wait for it', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app);
    const [waiting] = await queue(app, [patient]);
    const freed = report(app, held);
    const newcomer = planOf(app);
    await freed;
    await waiting;
    expect((await newcomer).accountId).toBe('a');
  });
});

describe('who waits', () => {
  it('holds nothing once the call is cancelled', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app);
    const abort = new AbortController();
    const gone = refusalOf(select(app, patient, { signal: abort.signal }));
    await untilWaiting(app, 1);
    const [next] = await queue(app, [patient]);
    abort.abort();
    expect((await gone).code).toBe('CANCELLED');
    await untilWaiting(app, 1);
    await report(app, held);
    await report(app, await next!);
    expect(await app.metric('remora_account_in_flight')).toBe(0);
    expect(await app.metric('remora_leases_active')).toBe(0);
    const [account] = (await app.admin.listAccounts({ accountIds: ['a'] })).accounts;
    expect(account).toMatchObject({ waiting: 0, inFlight: 0 });
  });

  it('holds nothing once the deadline passes', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app);
    const { code } = await refusalOf(select(app, patient, { deadline: Date.now() + 100 }));
    expect(code).toBe('DEADLINE_EXCEEDED');
    await untilWaiting(app, 0);
    await report(app, held);
    expect(await app.metric('remora_account_in_flight')).toBe(0);
  });

  it('gets another account that frees first', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { concurrency: 1 }), subscription('b', { concurrency: 1 })]),
    });
    const held = [await select(app), await select(app)];
    const [first, second] = await queue(app, [patient, patient]);
    // Two wait: at the same account or at one each. Whichever frees first serves the one that came first.
    await report(app, held[1]!);
    expect((await first!).account?.id).toBe(held[1]!.account?.id);
    await report(app, held[0]!);
    expect((await second!).account?.id).toBe(held[0]!.account?.id);
  });

  it('moves on when its account cools', async () => {
    const app = await startTestApp({
      config: groupOf([
        subscription('a', { concurrency: 1, models: ['m'] }),
        subscription('b', { concurrency: 1, models: ['m'] }),
      ]),
    });
    const onA = await select(app, { model: 'm', sessionId: 's' });
    const onB = await select(app, { model: 'm' });
    const [bound] = await queue(app, [{ ...patient, model: 'm', sessionId: 's' }]);
    await report(app, onA, failedWith(429));
    await report(app, onB);
    const selection = await bound!;
    expect(selection.account?.id).toBe(onB.account?.id);
    expect(selection.movedFrom?.accountId).toBe(onA.account?.id);
  });

  it('is refused at once when nothing is left to wait for', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app);
    const [call] = await queue(app, [patient]);
    await report(app, held, failedWith(401));
    const { code, failure, retryAfterMs } = await refusalOf(call!);
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(rejectionsOf(failure)).toEqual({ COOLING_DOWN: 1 });
    expect(retryAfterMs).toBe(60_000);
  });

  it('is told that its account was switched off', async () => {
    const app = await startTestApp({ config: one });
    await select(app);
    const [call] = await queue(app, [patient]);
    await app.admin.setAccountSchedulable({ accountId: 'a', schedulable: false });
    expect((await refusalOf(call!)).code).toBe('FAILED_PRECONDITION');
  });

  it('takes an account that comes back from its cooldown meanwhile', async () => {
    const app = await startTestApp({
      config: groupOf([subscription('a', { concurrency: 1 }), apiKey('b', { priority: 90 })]),
    });
    await select(app);
    await report(app, await select(app), failedWith(529));
    const [call] = await queue(app, [patient]);
    app.clock.advance(10_000);
    expect((await call!).account?.id).toBe('b');
  });

  it('goes on when the probe comes back', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await report(app, await select(app), failedWith(429));
    app.clock.advance(60_000);
    const probe = await select(app);
    expect((await planOf(app)).accountId).toBe('a');
    const calls = await queue(app, [patient, patient]);
    await report(app, probe);
    await Promise.all(calls);
  });

  it('probes itself when the probe tells nothing', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await report(app, await select(app), failedWith(429));
    app.clock.advance(60_000);
    const probe = await select(app);
    const [first, second] = await queue(app, [patient, patient]);
    await report(app, probe, cancelledOutcome);
    const passedOn = await first!;
    expect(await app.metric('remora_waiting')).toBe(1);
    await report(app, passedOn);
    await second!;
  });

  it('goes on after ten seconds of a probe without a failure', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a')]) });
    await report(app, await select(app), failedWith(429));
    app.clock.advance(60_000);
    await select(app);
    const calls = await queue(app, [patient, patient]);
    app.clock.advance(10_000);
    await Promise.all(calls);
  });

  it('gets the lease of its request once, however often it asks', async () => {
    const app = await startTestApp({ config: one });
    const held = await select(app);
    const again = { ...patient, requestId: 'r' };
    const calls = await queue(app, [again, again]);
    await report(app, held);
    const [first, second] = await Promise.all(calls);
    expect(leaseOf(second!)).toBe(leaseOf(first!));
    expect(await app.metric('remora_account_in_flight')).toBe(1);
  });

  it('is told that the sidecar shuts down', async () => {
    const app = await startTestApp({ config: one });
    await select(app);
    const [call] = await queue(app, [patient]);
    const closed = app.app.close({ graceMs: 5_000 });
    app.clock.advance(4_000);
    const { code } = await refusalOf(call!);
    expect(code).toBe('UNAVAILABLE');
    await closed;
  });
});
