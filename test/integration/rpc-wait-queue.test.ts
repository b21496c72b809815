import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import {
  cancelledOutcome,
  planOf,
  refusalOf,
  rejectionsOf,
  report,
  seconds,
  select,
} from '../support/calls.ts';
import { overriding } from '../support/overriding.ts';
import { groupOf, subscription } from '../support/sidecar-config.ts';
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
    app.clock.advance(5_500);
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

  it('lets no more wait though they all decide at the same moment', async () => {
    let gate = Promise.resolve();
    let decided = 0;
    const ledger = (configured: Ledger) =>
      overriding(configured, {
        windowCosts: (ids, sinceMs) => gate.then(() => configured.windowCosts(ids, sinceMs)),
      });
    const state = (configured: StateStore) =>
      overriding(configured, {
        boundAccountId(groupId, sessionId, nowMs) {
          decided += 1;
          return configured.boundAccountId(groupId, sessionId, nowMs);
        },
      });
    const config = {
      ...groupOf([subscription('a', { concurrency: 1, limits: { window_cost: 100 } })]),
      scheduling: { fallback_max_waiting: 3 },
    };
    const app = await startTestApp({ config, adapters: { ledger, state } });
    await select(app);
    // The cost is asked for anew, and all of them learn it at once.
    app.clock.advance(31_000);
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    const calls = Array.from({ length: 10 }, (_, index) =>
      select(app, { ...patient, sessionId: `s${index}` }).catch((error) => error.code),
    );
    await until(async () => decided >= 10);
    open.resolve();
    await until(async () => (await app.metric('remora_selections_total', { outcome: 'exhausted' })) === 7);
    expect(await app.metric('remora_waiting')).toBe(3);
    app.clock.advance(20_000);
    await Promise.all(calls);
  });

  it('counts who waits at one account, and leaves them there when all look again', async () => {
    const config = {
      ...groupOf([
        subscription('a', { concurrency: 1 }),
        subscription('b', { concurrency: 1 }),
        subscription('c', { status: 'disabled' }),
      ]),
      scheduling: { fallback_max_waiting: 1 },
    };
    const app = await startTestApp({ config });
    await select(app);
    await select(app);
    await queue(app, [patient]);
    const waiting = async () => (await app.admin.listAccounts({})).accounts.map((account) => account.waiting);
    const before = await waiting();
    expect([...before].sort()).toEqual([0, 0, 1]);
    await app.admin.setAccountSchedulable({ accountId: 'c', schedulable: true });
    expect(await waiting()).toEqual(before);
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
