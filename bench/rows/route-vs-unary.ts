import { alternate } from '../measure/alternate.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import { jobOf, roundMs, routeStream } from './jobs.ts';
import type { Row } from './row.ts';

export const routeVsUnary: Row = {
  name: 'route_vs_unary',
  what: 'Route stream calls/s against unary calls/s, same client',
  bar: { kind: 'at_least', value: 4, unit: '' },
  async run({ startSidecar, load, rounds, scale }) {
    const server = await startSidecar();
    const until = { ms: roundMs * scale };
    const { unixAddress: address } = server;
    const { route, unary, unix } = await alternate({
      load,
      rounds,
      jobs: {
        route: jobOf({ server, until, ...routeStream }),
        unary: jobOf({ server, until }),
        unix: jobOf({ server, until, ...routeStream, address }),
      },
    });
    const ratio = throughputRatio(route, unary);
    return {
      kind: 'measured',
      value: ratio.value,
      spread: ratio.spread,
      details: [
        sideLine('Route', route),
        sideLine('unary', unary),
        comparedLine(ratio),
        sideLine('Route over a UNIX socket', unix),
      ],
    };
  },
};
