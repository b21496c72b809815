import { describe, expect, it } from 'vitest';
import { cancelledOutcome, failedWith, report, seconds, select } from '../support/calls.ts';
import { settled } from '../support/manual-clock.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { startTestApp } from '../support/start-app.ts';
import { untilWaiting } from '../support/waiting.ts';

describe('a crowd', () => {
  it('is served to the last, and never more at once than an account takes', async () => {
    const limits: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3 };
    const app = await startTestApp({
      config: groupOf(Object.entries(limits).map(([id, concurrency]) => subscription(id, { concurrency }))),
    });
    const inFlight = new Map<string, number>();
    const excess: string[] = [];
    const served = await Promise.all(
      Array.from({ length: 150 }, async (_, index) => {
        const selection = await select(app, {
          maxWait: seconds(25),
          ...(index % 3 === 0 && { sessionId: `s${index % 10}` }),
        });
        const id = selection.account!.id;
        inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
        if (inFlight.get(id)! > limits[id]!) excess.push(id);
        for (let turn = index % 4; turn > 0; turn -= 1) await settled();
        inFlight.set(id, inFlight.get(id)! - 1);
        await report(app, selection, index % 7 === 0 ? cancelledOutcome : {});
        return id;
      }),
    );
    expect(served).toHaveLength(150);
    expect(excess).toEqual([]);
    expect(await app.metric('remora_waiting')).toBe(0);
    expect(await app.metric('remora_account_in_flight')).toBe(0);
    expect(await app.metric('remora_leases_active')).toBe(0);
  });

  it('holds nothing after half of it went away while it waited', async () => {
    const app = await startTestApp({ config: groupOf([subscription('a', { concurrency: 2 })]) });
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const abort = new AbortController();
        const call = select(app, { maxWait: seconds(25) }, { signal: abort.signal });
        if (index % 2 === 1) {
          for (let turn = index % 9; turn > 0; turn -= 1) await settled();
          abort.abort();
        }
        return call.then(
          async (selection) => {
            await settled();
            await report(app, selection);
            return 'served';
          },
          () => 'gone',
        );
      }),
    );
    expect(outcomes.filter((_, index) => index % 2 === 0)).toEqual(
      Array.from({ length: 30 }, () => 'served'),
    );
    // Who went away just as it was served never saw its lease: the sidecar took it back.
    for (let turn = 0; turn < 50; turn += 1) await settled();
    expect(await app.metric('remora_leases_active')).toBe(0);
    expect(await app.metric('remora_waiting')).toBe(0);
  });

  it('moves to the next account as one after the other fails', async () => {
    const app = await startTestApp({
      config: groupOf([
        subscription('a', { concurrency: 2, models: ['m'] }),
        apiKey('b', { concurrency: 2, priority: 60, models: ['m'] }),
        apiKey('c', { concurrency: 2, priority: 70, models: ['m'] }),
      ]),
    });
    const healthy = new Set(['c']);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async () => {
        for (;;) {
          const selection = await select(app, { model: 'm', maxWait: seconds(25) });
          const id = selection.account!.id;
          await report(app, selection, healthy.has(id) ? {} : failedWith(429));
          if (healthy.has(id)) return id;
        }
      }),
    );
    expect(new Set(answers)).toEqual(new Set(['c']));
    expect(await app.metric('remora_waiting')).toBe(0);
  });

  it('goes on in line when an account of a large, full pool fails', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `a${index}`);
    const app = await startTestApp({
      config: groupOf(ids.map((id) => subscription(id, { concurrency: 1 }))),
    });
    const held = await Promise.all(ids.map(() => select(app)));
    const calls = ids.map(() => select(app, { maxWait: seconds(20) }));
    await untilWaiting(app, 100);
    await report(app, held[0]!, failedWith(429));
    await report(app, held[1]!);
    expect((await Promise.race(calls)).account?.id).toBe(held[1]!.account?.id);
    expect(await app.metric('remora_waiting')).toBe(99);
    await Promise.all(held.slice(2).map((selection) => report(app, selection)));
    app.clock.advance(20_000);
    const ends = await Promise.allSettled(calls);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(99);
  });
});
