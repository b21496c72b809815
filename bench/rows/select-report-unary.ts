import type { JobResult } from '../load/job.ts';
import { alternateServers } from '../measure/alternate.ts';
import { overStarts, roundsEach } from '../measure/over-starts.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import type { ServerProcess } from '../processes/server.ts';
import { jobOf, roundMs } from './jobs.ts';
import type { Row } from './row.ts';

export const selectReportUnary: Row = {
  name: 'select_report_unary',
  what: 'SelectAccount + ReportResult unary calls/s, embedded, against a bare @grpc/grpc-js echo of the same messages',
  bar: { kind: 'at_least', value: 0.8, unit: '' },
  async run({ startSidecar, startEcho, load, rounds, scale }) {
    const until = { ms: roundMs * scale };
    const jobAt = (address: (server: ServerProcess) => string) => (server: ServerProcess) =>
      jobOf({ server, until, address: address(server) });
    const byTcp = jobAt(({ address }) => address);
    const byUnix = jobAt(({ unixAddress }) => unixAddress);
    let unix: Record<'remora' | 'echo', JobResult[]> = { remora: [], echo: [] };
    const tcp = await overStarts({
      start: { remora: startSidecar, echo: startEcho },
      async measure(servers, isLast) {
        const results = await alternateServers({ load, rounds: roundsEach(rounds), servers, job: byTcp });
        if (isLast)
          unix = await alternateServers({ load, rounds: Math.min(3, rounds), servers, job: byUnix });
        return results;
      },
    });
    const ratio = throughputRatio(tcp.remora, tcp.echo);
    const unixRatio = throughputRatio(unix.remora, unix.echo);
    return {
      kind: 'measured',
      value: ratio.value,
      spread: ratio.spread,
      details: [
        sideLine('remora', tcp.remora),
        sideLine('echo', tcp.echo),
        comparedLine(ratio),
        sideLine('remora over a UNIX socket', unix.remora),
        sideLine('echo over a UNIX socket', unix.echo),
        `over a UNIX socket: ${unixRatio.value.toFixed(3)}`,
      ],
    };
  },
};
