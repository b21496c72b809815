import { alternate } from '../measure/alternate.ts';
import { comparedLine, sideLine, throughputRatio } from '../measure/throughput.ts';
import { jobOf, roundMs, routeStream } from './jobs.ts';
import type { Row } from './row.ts';

/** Sessions are left out: a bound session never looks at the pool, which is what this row is about. */
const poolMix = { groups: ['group-0'], sessions: 0, users: 100, usage: true };

/** Waits for memory vary with what a machine's other tenants do more than all else: over seven rounds of the same server by half. */
const timesTheRounds = 3;

/**
 * By unary calls, as most callers make them. On a Route stream, where the transport hides less of the selection, what 10,000 accounts
 * cost shows more; it is told beside it.
 */
export const scaleAccounts: Row = {
  name: 'scale_accounts',
  what: 'selections/s with 10,000 accounts in the pool against 10',
  bar: { kind: 'at_least', value: 0.7, unit: '' },
  async run({ startSidecar, load, rounds, scale }) {
    const many = await startSidecar({ accounts: 10_000 });
    const few = await startSidecar({ accounts: 10 });
    const until = { ms: roundMs * scale };
    const lanes = [
      ['unary', {}, timesTheRounds * rounds],
      ['Route', routeStream, rounds],
    ] as const;
    const found = [];
    for (const [name, lane, laneRounds] of lanes) {
      const job = (server: typeof many) => jobOf({ server, until, mix: poolMix, ...lane });
      const jobs = { many: job(many), few: job(few) };
      const sides = await alternate({ load, rounds: laneRounds, jobs });
      // On a stream the client may be the limit, and would make any two servers look alike.
      const ratio = throughputRatio(sides.many, sides.few);
      const details = [
        sideLine(`${name}, 10,000 accounts`, sides.many),
        sideLine(`${name}, 10 accounts`, sides.few),
        `${name}: ${ratio.value.toFixed(3)}, ${comparedLine(ratio)}`,
      ];
      found.push({ value: ratio.value, spread: ratio.spread, details });
    }
    const [unary] = found;
    return { kind: 'measured', ...unary!, details: found.flatMap(({ details }) => details) };
  },
};
