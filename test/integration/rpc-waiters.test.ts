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
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';
import { queue, untilWaiting } from '../support/waiting.ts';

const one = groupOf([subscription('a', { concurrency: 1 })]);
const patient = { maxWait: seconds(20) };

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

  it('gets any account of a large pool that frees, before newcomers do', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `a${index}`);
    const app = await startTestApp({
      config: groupOf(ids.map((id, index) => subscription(id, { concurrency: 1, priority: index }))),
    });
    const held = await Promise.all(ids.map(() => select(app)));
    const [call] = await queue(app, [patient]);
    const last = held.find(({ account }) => account?.id === 'a29')!;
    const freed = report(app, last);
    const newcomer = planOf(app);
    await freed;
    expect((await call!).account?.id).toBe('a29');
    await newcomer;
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
