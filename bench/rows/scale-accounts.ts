import type { JobResult } from '../load/job.ts';
import { alternateServers } from '../measure/alternate.ts';
import { overStarts, roundsEach } from '../measure/over-starts.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import type { ServerProcess } from '../processes/server.ts';
import { jobOf, roundMs, routeStream } from './jobs.ts';
import type { Row } from './row.ts';

/** Sessions are left out: a bound session never looks at the pool, which is what this row is about. */
const poolMix = { groups: ['group-0'], sessions: 0, users: 100, usage: true };

/** Waits for memory vary with what a machine's other tenants do more than all else: over seven rounds of the same server by half. */
const timesTheRounds = 2;

/**
 * By unary calls, as most callers make them. On a Route stream, where the transport hides less of the selection, what 10,000 accounts
 * cost shows more; it is told beside it.
 */
export const scaleAccounts: Row = {
  name: 'scale_accounts',
  what: 'selections/s with 10,000 accounts in the pool against 10',
  bar: { kind: 'at_least', value: 0.7, unit: '' },
  async run({ startSidecar, load, rounds, scale }) {
    const until = { ms: roundMs * scale };
    const jobBy = (lane?: typeof routeStream) => (server: ServerProcess) =>
      jobOf({ server, until, mix: poolMix, ...lane });
    const route: Record<'many' | 'few', JobResult[]> = { many: [], few: [] };
    const unary = await overStarts({
      start: {
        many: () => startSidecar({ accounts: 10_000 }),
        few: () => startSidecar({ accounts: 10 }),
      },
      async measure(servers) {
        const results = await alternateServers({
          load,
          rounds: roundsEach(timesTheRounds * rounds),
          servers,
          job: jobBy(),
        });
        const { many, few } = await alternateServers({
          load,
          rounds: roundsEach(rounds),
          servers,
          job: jobBy(routeStream),
        });
        route.many.push(...many);
        route.few.push(...few);
        return results;
      },
    });
    const ratio = throughputRatio(unary.many, unary.few);
    return {
      kind: 'measured',
      value: ratio.value,
      spread: ratio.spread,
      details: [...laneLines('unary', unary), ...laneLines('Route', route)],
    };
  },
};

function laneLines(lane: string, { many, few }: Readonly<Record<'many' | 'few', JobResult[]>>): string[] {
  const ratio = throughputRatio(many, few);
  return [
    sideLine(`${lane}, 10,000 accounts`, many),
    sideLine(`${lane}, 10 accounts`, few),
    `${lane}, ${many.length} rounds: ${ratio.value.toFixed(3)}, ${comparedLine(ratio)}`,
  ];
}
