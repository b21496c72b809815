import { alternate } from '../measure/alternate.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import { jobOf, roundMs } from './jobs.ts';
import type { Row } from './row.ts';

export const selectReportUnary: Row = {
  name: 'select_report_unary',
  what: 'SelectAccount + ReportResult unary calls/s, embedded, against a bare @grpc/grpc-js echo of the same messages',
  bar: { kind: 'at_least', value: 0.8, unit: '' },
  async run({ startSidecar, startEcho, load, rounds, scale }) {
    const sidecar = await startSidecar();
    const echo = await startEcho();
    const until = { ms: roundMs * scale };
    const over = async (addressOf: (server: typeof sidecar) => string, times: number) => {
      const job = (server: typeof sidecar) => jobOf({ server, until, address: addressOf(server) });
      const jobs = { remora: job(sidecar), echo: job(echo) };
      const { remora, echo: floor } = await alternate({ load, rounds: times, jobs });
      return { remora, floor, ratio: throughputRatio(remora, floor) };
    };
    const tcp = await over(({ address }) => address, rounds);
    const unix = await over(({ unixAddress }) => unixAddress, Math.min(3, rounds));
    return {
      kind: 'measured',
      value: tcp.ratio.value,
      spread: tcp.ratio.spread,
      details: [
        sideLine('remora', tcp.remora),
        sideLine('echo', tcp.floor),
        comparedLine(tcp.ratio),
        sideLine('remora over a UNIX socket', unix.remora),
        sideLine('echo over a UNIX socket', unix.floor),
        `over a UNIX socket: ${unix.ratio.value.toFixed(3)}`,
      ],
    };
  },
};
