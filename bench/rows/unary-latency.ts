import type { Job, JobResult } from '../load/job.ts';
import { alternateServers } from '../measure/alternate.ts';
import { overStarts, roundsEach } from '../measure/over-starts.ts';
import { median, spreadOf } from '../measure/statistics.ts';
import type { ServerProcess } from '../processes/server.ts';
import { jobOf, oneAtATime, roundMs } from './jobs.ts';
import type { Row } from './row.ts';

/** One call at a time needs no long rounds, and in short ones, of which there are more, both sides meet the machine in the same mood. */
const shorter = 3;

/** Calls many at a time, that make the code hot before. */
const selectionsToWarmUp = 50_000;
const longestMs = 60_000;

type Part = 'select' | 'report' | 'pair';
type Servers = Readonly<Record<'remora' | 'echo', ServerProcess>>;

/** With the lean client, of whose own time least is in the figure; the stock one's is told beside it. */
export const unaryLatency: Row = {
  name: 'unary_latency',
  what: 'the same, one call at a time: median latency of a pair against that echo',
  bar: { kind: 'at_most', value: 1.25, unit: '' },
  async run({ startSidecar, startEcho, load, rounds, scale }) {
    const until = { ms: (roundMs / shorter) * scale };
    const calledBy = (client: Job['client'], servers: Servers, times: number) =>
      alternateServers({
        load,
        rounds: shorter * times,
        servers,
        job: (server) => jobOf({ server, client, until, ...oneAtATime }),
        warmUpCalls: 0,
      });
    let stock: Record<'remora' | 'echo', JobResult[]> = { remora: [], echo: [] };
    const lean = await overStarts({
      start: { remora: startSidecar, echo: startEcho },
      async measure(servers, isLast) {
        // One call at a time takes minutes to make code hot; many at a time make it so first.
        for (const server of [servers.remora, servers.echo])
          await load.run(jobOf({ server, until: { ms: longestMs, selections: selectionsToWarmUp * scale } }));
        const results = await calledBy('lean', servers, roundsEach(rounds));
        if (isLast) stock = await calledBy('stock', servers, Math.min(3, rounds));
        return results;
      },
    });
    const ratios = lean.remora.map((result, round) => of('pair')(result) / of('pair')(lean.echo[round]!));
    return {
      kind: 'measured',
      value: median(ratios),
      spread: spreadOf(ratios),
      details: [
        ...(['select', 'report', 'pair'] as const).map((part) => line(part, 'lean client', lean)),
        line('pair', '@grpc/grpc-js client', stock),
      ],
    };
  },
};

function of(part: Part): (result: JobResult) => number {
  return ({ latency }) => latency[part]?.median ?? Number.NaN;
}

function line(part: Part, client: string, sides: Readonly<Record<'remora' | 'echo', JobResult[]>>): string {
  const remora = median(sides.remora.map(of(part)));
  const echo = median(sides.echo.map(of(part)));
  const p99 = median(sides.remora.map(({ latency }) => latency[part]?.p99 ?? Number.NaN));
  const micros = (ms: number) => `${Math.round(ms * 1000)} µs`;
  return `${part}, ${client}: ${micros(remora)} (99 %: ${micros(p99)}), echo ${micros(echo)}, ratio ${(remora / echo).toFixed(3)}`;
}
