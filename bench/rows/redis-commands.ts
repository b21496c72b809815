import type { Job } from '../load/job.ts';
import { monitorRedis } from '../processes/redis.ts';
import { jobOf, oneAtATime } from './jobs.ts';
import type { Row } from './row.ts';
import { withRedis } from './with-redis.ts';

/** Enough that what a sidecar sends once a second does not weigh. */
const calls = 10_000;

export const redisCommands: Row = {
  name: 'redis_commands',
  what: 'Redis commands a sidecar sends per SelectAccount, and per ReportResult, in the steady state (the higher)',
  bar: { kind: 'at_most', value: 1.05, unit: '' },
  run: (context) =>
    withRedis(context, async (redis) => {
      const { startSidecar, load, scale } = context;
      const sidecar = await startSidecar({ redisUrl: redis.url });
      await load.run(jobOf({ server: sidecar, until: { ms: 2_000 * scale } }));
      const selections = Math.round(calls * scale);
      const perCall = async (
        lane: Partial<Omit<Job, 'server'>>,
      ): Promise<{ select: number; report: number }> => {
        const monitor = await monitorRedis(redis.port);
        const order = 'selections';
        const until = { ms: 60_000, selections };
        const { selectsAt, reportsAt } = await load.run(jobOf({ server: sidecar, order, until, ...lane }));
        monitor.close();
        const sent = monitor.commands.filter(({ lua }) => !lua);
        const within = (span: { readonly from: number; readonly to: number } | undefined) =>
          sent.filter(({ atMs }) => span !== undefined && atMs >= span.from && atMs <= span.to).length;
        return { select: within(selectsAt) / selections, report: within(reportsAt) / selections };
      };
      const alone = await perCall(oneAtATime);
      const together = await perCall({});
      const line = ({ select, report }: typeof alone) =>
        `${select.toFixed(4)} per SelectAccount, ${report.toFixed(4)} per ReportResult`;
      return {
        kind: 'measured',
        value: Math.max(alone.select, alone.report, together.select, together.report),
        details: [
          `one call at a time: ${line(alone)}, over ${selections} of each`,
          `64 calls at a time, which share commands: ${line(together)}`,
          'lines of MONITOR that are not marked lua, whatever the sidecar sent them for',
        ],
      };
    }),
};
