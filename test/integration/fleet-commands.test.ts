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

it('a sidecar sends at most 1.05 commands per SelectAccount and per ReportResult, with 50 accounts and 50 sessions', async () => {
  const accounts = Array.from({ length: 50 }, (_, index) =>
    subscription(`account-${index}`, {
      concurrency: 1_000,
      limits: { window_cost: 1e6, rpm: 1_000_000, sessions: 1_000 },
    }),
  );
  const [member] = await createFleet({ redisUrl: server.url, config: groupOf(accounts) }).start(1);
  const sessions = Array.from({ length: 50 }, (_, index) => `session-${index}`);
  const selectEach = async (rounds: number): Promise<Selection[]> => {
    const selected: Selection[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const some = sessions.map((sessionId) => select(member!, { sessionId, model: 'm' }));
      selected.push(...(await Promise.all(some)));
    }
    return selected;
  };
  const reportEach = async (selected: readonly Selection[]) => {
    for (let from = 0; from < selected.length; from += 50) {
      const some = selected.slice(from, from + 50);
      await Promise.all(some.map((selection) => report(member!, selection, costing(0.01))));
    }
  };
  await reportEach(await selectEach(4));

  const rounds = 60;
  const selects = await monitorRedis(server.port);
  const selected = await selectEach(rounds);
  selects.close();
  const reports = await monitorRedis(server.port);
  await reportEach(selected);
  reports.close();
  const perCall = ({ commands }: typeof selects) =>
    commands.filter(({ lua }) => !lua).length / (rounds * sessions.length);
  expect(selected.every(({ degraded }) => !degraded)).toBe(true);
  for (const figure of [perCall(selects), perCall(reports)]) {
    expect(figure).toBeGreaterThan(0.95);
    expect(figure).toBeLessThanOrEqual(1.05);
  }
});
