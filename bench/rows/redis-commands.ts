import { monitorRedis } from '../processes/redis.ts';
import { jobOf } from './jobs.ts';
import { withRedis } from './redis-sidecar.ts';
import type { Row } from './row.ts';

/** Enough that what a sidecar sends once a second does not weigh. */
const calls = 10_000;

export const redisCommands: Row = {
  name: 'redis_commands',
  what: 'Redis commands a sidecar sends per SelectAccount, and per ReportResult, in the steady state (the higher)',
  bar: { kind: 'at_most', value: 1.05, unit: '' },
  run: (context) =>
    withRedis(context, async ({ sidecar, redis }) => {
      const { load, scale } = context;
      await load.run(jobOf({ server: sidecar, until: { ms: 2_000 * scale } }));
      const monitor = await monitorRedis(redis.port);
      const selections = Math.round(calls * scale);
      const job = jobOf({ server: sidecar, order: 'selections', until: { ms: 60_000, selections } });
      const { selectsAt, reportsAt } = await load.run(job);
      monitor.close();
      const sent = monitor.commands.filter(({ lua }) => !lua);
      const perCall = (span: { readonly from: number; readonly to: number } | undefined) =>
        sent.filter(({ atMs }) => span !== undefined && atMs >= span.from && atMs <= span.to).length /
        selections;
      const select = perCall(selectsAt);
      const report = perCall(reportsAt);
      return {
        kind: 'measured',
        value: Math.max(select, report),
        details: [
          `${select.toFixed(4)} per SelectAccount, ${report.toFixed(4)} per ReportResult, over ${selections} of each`,
          'lines of MONITOR that are not marked lua, whatever the sidecar sent them for',
        ],
      };
    }),
};
