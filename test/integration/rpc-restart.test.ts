import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { costing, refusalOf, rejectionsOf, report, select } from '../support/calls.ts';
import { manualClock } from '../support/manual-clock.ts';
import { apiKey, groupOf, subscription } from '../support/sidecar-config.ts';
import { type RunningApp, startTestApp } from '../support/start-app.ts';

describe('a sidecar that starts again', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-restart-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const clock = manualClock();
  const start = (config: object) => startTestApp({ config, directory, clock });

  async function stop(app: RunningApp): Promise<void> {
    const closed = app.app.close({ graceMs: 1_000 });
    app.grpc.close();
    clock.advance(1_000);
    await closed;
  }

  it('counts what was booked before against windows and quotas', async () => {
    const config = groupOf([
      subscription('a', { limits: { window_cost: 5 } }),
      apiKey('key', { limits: { quota: { total: 5 } } }),
    ]);
    const before = await start(config);
    for (let index = 0; index < 2; index += 1) await report(before, await select(before), costing(5));
    await stop(before);
    const after = await start(config);
    const { code, failure } = await refusalOf(select(after));
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(rejectionsOf(failure)).toEqual({ WINDOW_COST_EXCEEDED: 1, QUOTA_EXCEEDED: 1 });
    const { accounts } = await after.admin.listAccounts({});
    expect(accounts.map(({ windowCost, quotaUsed }) => [windowCost, quotaUsed?.total])).toEqual([
      [5, 5],
      [5, 5],
    ]);
  });

  it('knows a report it has booked before', async () => {
    const config = groupOf([subscription('a', { limits: { window_cost: 100 } })]);
    const before = await start(config);
    const held = await select(before);
    await report(before, held, costing(5));
    await stop(before);
    const after = await start(config);
    expect((await report(after, held, costing(5))).duplicate).toBe(true);
    const [account] = (await after.admin.listAccounts({})).accounts;
    expect(account).toMatchObject({ windowCost: 5 });
  });

  it('books the report of a lease that was granted before', async () => {
    const config = groupOf([subscription('a', { limits: { window_cost: 100 } })]);
    const before = await start(config);
    const held = await select(before);
    await stop(before);
    const after = await start(config);
    expect((await report(after, held, costing(5))).duplicate).toBe(false);
    expect((await report(after, held, costing(5))).duplicate).toBe(true);
    const [account] = (await after.admin.listAccounts({})).accounts;
    expect(account).toMatchObject({ windowCost: 5, inFlight: 0 });
  });
});
