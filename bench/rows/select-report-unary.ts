import type { JobResult } from '../load/job.ts';
import { alternate } from '../measure/alternate.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import type { ServerProcess } from '../processes/server.ts';
import { jobOf, roundMs } from './jobs.ts';
import type { Row } from './row.ts';

interface Servers {
  readonly remora: ServerProcess;
  readonly echo: ServerProcess;
}

/**
 * Pairs of servers, one after the other. Measured: of eight echo servers started in a row four took 25 to 32 us a call, and four 35 to 45,
 * for as long as they lived: a collection that comes at a bad moment leaves garbage that keeps all that follows alive.
 */
const starts = 3;

export const selectReportUnary: Row = {
  name: 'select_report_unary',
  what: 'SelectAccount + ReportResult unary calls/s, embedded, against a bare @grpc/grpc-js echo of the same messages',
  bar: { kind: 'at_least', value: 0.8, unit: '' },
  async run({ startSidecar, startEcho, load, rounds, scale }) {
    const until = { ms: roundMs * scale };
    const over = async (servers: Servers, addressOf: (server: ServerProcess) => string, times: number) => {
      const job = (server: ServerProcess) => jobOf({ server, until, address: addressOf(server) });
      const jobs = { remora: job(servers.remora), echo: job(servers.echo) };
      return alternate({ load, rounds: times, jobs });
    };
    const tcp = { remora: [] as JobResult[], echo: [] as JobResult[] };
    let unix = tcp;
    for (let started = 0; started < starts; started += 1) {
      const servers = { remora: await startSidecar(), echo: await startEcho() };
      const results = await over(servers, ({ address }) => address, Math.ceil(rounds / starts));
      tcp.remora.push(...results.remora);
      tcp.echo.push(...results.echo);
      const isLast = started === starts - 1;
      if (isLast) unix = await over(servers, ({ unixAddress }) => unixAddress, Math.min(3, rounds));
      await servers.remora.stop();
      await servers.echo.stop();
    }
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
