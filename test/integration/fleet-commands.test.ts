import { afterAll, beforeAll, expect, it } from 'vitest';
import { monitorRedis } from '../../bench/processes/redis.ts';
import type { Selection } from '../../gen/remora/v1/selection_pb.ts';
import { costing, report, select } from '../support/calls.ts';
import { createFleet } from '../support/fleet.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { groupOf, subscription } from '../support/sidecar-config.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(() => server.close());

/** Calls made at the same time share commands, so one call at a time is the dearest. */
it.each([
  ['one call at a time', 1, 0.95],
  ['50 calls at a time', 50, 0.02],
])(
  'a sidecar sends at most 1.05 commands per SelectAccount and per ReportResult, %s',
  async (_, atOnce, atLeast) => {
    const accounts = Array.from({ length: 50 }, (_, index) =>
      subscription(`account-${index}`, {
        concurrency: 1_000,
        limits: { window_cost: 1e6, rpm: 1_000_000, sessions: 1_000 },
      }),
    );
    const [member] = await createFleet({ redisUrl: server.url, config: groupOf(accounts) }).start(1);
    const inTurn = async <Item, Result>(items: readonly Item[], call: (item: Item) => Promise<Result>) => {
      const results: Result[] = [];
      for (let from = 0; from < items.length; from += atOnce)
        results.push(...(await Promise.all(items.slice(from, from + atOnce).map(call))));
      return results;
    };
    const selectFor = (calls: number) => {
      const sessions = Array.from({ length: calls }, (_, index) => `session-${index % 50}`);
      return inTurn(sessions, (sessionId) => select(member!, { sessionId, model: 'm' }));
    };
    const reportEach = (selected: readonly Selection[]) =>
      inTurn(selected, (selection) => report(member!, selection, costing(0.01)));
    await reportEach(await selectFor(200));

    const calls = 1_000;
    const selects = await monitorRedis(server.port);
    const selected = await selectFor(calls);
    selects.close();
    const reports = await monitorRedis(server.port);
    await reportEach(selected);
    reports.close();
    const perCall = ({ commands }: typeof selects) => commands.filter(({ lua }) => !lua).length / calls;
    expect(selected.every(({ degraded }) => !degraded)).toBe(true);
    for (const figure of [perCall(selects), perCall(reports)]) {
      expect(figure).toBeGreaterThanOrEqual(atLeast);
      expect(figure).toBeLessThanOrEqual(1.05);
    }
  },
);
