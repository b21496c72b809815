import { describe, expect, it } from 'vitest';
import { costing, refusalOf, rejectionsOf, report, select, selectId } from '../support/calls.ts';
import { manualClock } from '../support/manual-clock.ts';
import { counted } from '../support/metric-deltas.ts';
import { apiKey, bedrock, type ConfigParts, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

/** Spends so much on one account, by a session that stays bound to it. */
async function spend(app: RunningApp, usd: number, sessionId = 'bound'): Promise<void> {
  await report(app, await select(app, { sessionId }), costing(usd));
}

function one(limits: ConfigParts, parts: ConfigParts = {}): ConfigParts {
  return groupOf([subscription('a', { limits, ...parts })]);
}

describe('the window cost', () => {
  const limits = { window_cost: 50, window_cost_sticky_reserve: 10 };

  it('leaves the account open to all below the limit', async () => {
    const app = await startTestApp({ config: one(limits) });
    await spend(app, 49.99);
    expect(await selectId(app)).toBe('a');
  });

  it('leaves it to the sessions bound to it from the limit on', async () => {
    const app = await startTestApp({ config: one(limits) });
    await spend(app, 50);
    expect(await selectId(app, { sessionId: 'bound' })).toBe('a');
    for (const request of [{}, { sessionId: 'another' }]) {
      const { code, failure } = await refusalOf(select(app, request));
      expect(code).toBe('RESOURCE_EXHAUSTED');
      expect(rejectionsOf(failure)).toEqual({ WINDOW_COST_EXCEEDED: 1 });
    }
  });

  it('closes it to all once the reserve is spent', async () => {
    const app = await startTestApp({ config: one(limits) });
    await spend(app, 50);
    await spend(app, 9.99);
    expect(await selectId(app, { sessionId: 'bound' })).toBe('a');
    await spend(app, 0.01);
    const { code } = await refusalOf(select(app, { sessionId: 'bound' }));
    expect(code).toBe('RESOURCE_EXHAUSTED');
  });

  it('opens it with the next hour, as the refusal says', async () => {
    const app = await startTestApp({ config: one(limits) });
    await spend(app, 60);
    app.clock.advance(59 * 60_000);
    const { retryAfterMs } = await refusalOf(select(app));
    expect(retryAfterMs).toBe(60_000);
    app.clock.advance(60_000);
    expect(await selectId(app)).toBe('a');
  });

  it("counts in the provider's own window while one is known", async () => {
    const app = await startTestApp({ config: one(limits) });
    const endS = app.clock.now() / 1000 + 2 * 3600;
    await report(app, await select(app), {
      ...costing(60),
      responseHeaders: { 'anthropic-ratelimit-unified-5h-reset': String(endS) },
    });
    app.clock.advance(3600_000 + 60_000);
    const { retryAfterMs } = await refusalOf(select(app));
    expect(retryAfterMs).toBe(59 * 60_000);
    app.clock.advance(59 * 60_000);
    expect(await selectId(app)).toBe('a');
  });

  it('is no matter of API keys', async () => {
    const app = await startTestApp({ config: groupOf([apiKey('key', { limits })]) });
    await spend(app, 500);
    expect(await selectId(app)).toBe('key');
  });
});

describe('requests a minute', () => {
  const limits = { rpm: 3, rpm_sticky_buffer: 2 };

  async function use(app: RunningApp, times: number, sessionId = 'bound'): Promise<void> {
    for (let index = 0; index < times; index += 1) await report(app, await select(app, { sessionId }));
  }

  it('closes the account to others at the limit and to its sessions after the buffer', async () => {
    const app = await startTestApp({ config: one(limits) });
    await use(app, 3);
    const { code, failure } = await refusalOf(select(app));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(rejectionsOf(failure)).toEqual({ RPM_EXCEEDED: 1 });
    await use(app, 2);
    expect((await refusalOf(select(app, { sessionId: 'bound' }))).code).toBe('RESOURCE_EXHAUSTED');
  });

  it('never closes to its sessions where they are exempt', async () => {
    const app = await startTestApp({ config: one({ ...limits, rpm_strategy: 'sticky_exempt' }) });
    await use(app, 20);
    expect((await refusalOf(select(app))).code).toBe('RESOURCE_EXHAUSTED');
  });

  it('slides: what is a minute old counts no more', async () => {
    const app = await startTestApp({ config: one(limits) });
    await use(app, 1);
    app.clock.advance(30_000);
    await use(app, 2);
    const { retryAfterMs } = await refusalOf(select(app));
    expect(retryAfterMs).toBe(30_000);
    app.clock.advance(29_000);
    await refusalOf(select(app));
    app.clock.advance(1_000);
    expect(await selectId(app)).toBe('a');
    await refusalOf(select(app));
  });

  it.each([
    { parts: { concurrency: 4 }, sessions: 3, rpm: 10, buffer: 7 },
    { parts: {}, sessions: 0, rpm: 40, buffer: 8 },
    { parts: {}, sessions: 0, rpm: 2, buffer: 1 },
  ])('has by default a buffer of $buffer', async ({ parts, sessions, rpm, buffer }) => {
    const app = await startTestApp({ config: one({ rpm, sessions }, parts) });
    await use(app, rpm + buffer);
    await refusalOf(select(app, { sessionId: 'bound' }));
  });

  it('counts one batch read a selection that asks for it, and none for accounts without the limit', async () => {
    const app = await startTestApp({ config: one(limits) });
    const reads = ['rpm_prefetch'];
    expect(await counted(app, reads, () => select(app))).toEqual({ rpm_prefetch_batches: 1 });
    app.reload(groupOf([subscription('a'), apiKey('key', { limits })]));
    expect(await counted(app, reads, () => select(app))).toEqual({});
  });
});

describe('a quota', () => {
  const hour = 3_600_000;
  const saturday = Date.UTC(2026, 0, 10, 22);
  const sunday = Date.UTC(2026, 0, 11, 22);

  it.each([
    { quota: { daily: 5 }, make: apiKey, startMs: saturday, opensInMs: 2 * hour },
    { quota: { weekly: 5 }, make: bedrock, startMs: saturday, opensInMs: 26 * hour },
    { quota: { weekly: 5 }, make: apiKey, startMs: sunday, opensInMs: 2 * hour },
    { quota: { daily: 5, weekly: 5 }, make: apiKey, startMs: saturday, opensInMs: 26 * hour },
  ])('of $quota closes the account until it comes back', async ({ quota, make, startMs, opensInMs }) => {
    const config = groupOf([make('key', { limits: { quota } })]);
    const app = await startTestApp({ config, clock: manualClock(startMs) });
    await spend(app, 4.99);
    await spend(app, 0.01);
    const { code, failure, retryAfterMs } = await refusalOf(select(app, { sessionId: 'bound' }));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(rejectionsOf(failure)).toEqual({ QUOTA_EXCEEDED: 1 });
    expect(retryAfterMs).toBe(opensInMs);
    app.clock.advance(opensInMs - 1);
    await refusalOf(select(app));
    app.clock.advance(1);
    expect(await selectId(app)).toBe('key');
  });

  it('in total closes the account for good', async () => {
    const config = groupOf([apiKey('key', { limits: { quota: { total: 5 } } })]);
    const app = await startTestApp({ config, clock: manualClock(sunday) });
    await spend(app, 5);
    app.clock.advance(3 * hour);
    const { code, retryAfterMs } = await refusalOf(select(app));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(retryAfterMs).toBeUndefined();
  });

  it('is no matter of subscriptions', async () => {
    const app = await startTestApp({ config: one({ quota: { total: 5 } }) });
    await spend(app, 500);
    expect(await selectId(app)).toBe('a');
  });
});
