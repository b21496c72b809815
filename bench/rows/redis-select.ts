import { alternateServers } from '../measure/alternate.ts';
import { overStarts, roundsEach } from '../measure/over-starts.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import type { ServerProcess } from '../processes/server.ts';
import { jobOf, roundMs } from './jobs.ts';
import type { Row } from './row.ts';
import { withRedis } from './with-redis.ts';

export const redisSelect: Row = {
  name: 'redis_select',
  what: 'SelectAccount, Redis, against that echo plus one Redis GET',
  bar: { kind: 'at_least', value: 0.8, unit: '' },
  run: (context) =>
    withRedis(context, async ({ url: redisUrl }) => {
      const { startSidecar, startEcho, load, rounds, scale } = context;
      const until = { ms: roundMs * scale };
      const job = (server: ServerProcess) => jobOf({ server, until, order: 'selections' });
      const { remora, floor } = await overStarts({
        start: { remora: () => startSidecar({ redisUrl }), floor: () => startEcho({ redisUrl }) },
        measure: (servers) => alternateServers({ load, rounds: roundsEach(rounds), servers, job }),
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
