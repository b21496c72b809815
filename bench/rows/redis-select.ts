import { alternateServers } from '../measure/alternate.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import { jobOf, roundMs } from './jobs.ts';
import { withRedis } from './redis-sidecar.ts';
import type { Row } from './row.ts';

export const redisSelect: Row = {
  name: 'redis_select',
  what: 'SelectAccount, Redis, against that echo plus one Redis GET',
  bar: { kind: 'at_least', value: 0.8, unit: '' },
  run: (context) =>
    withRedis(context, async ({ sidecar, redis }) => {
      const { startEcho, load, rounds, scale } = context;
      const echo = await startEcho({ redisUrl: redis.url });
      const until = { ms: roundMs * scale };
      const job = (server: typeof sidecar) => jobOf({ server, until, order: 'selections' });
      const { remora, floor } = await alternateServers({
        load,
        rounds,
        servers: { remora: sidecar, floor: echo },
        job,
      });
      const ratio = throughputRatio(remora, floor);
      return {
        kind: 'measured',
        value: ratio.value,
        spread: ratio.spread,
        details: [
          sideLine('remora', remora),
          sideLine('echo + GET', floor),
          comparedLine(ratio),
          "the Redis shares the load's core; reports come after each round and are not measured",
        ],
      };
    }),
};
