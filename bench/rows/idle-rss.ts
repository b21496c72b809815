import { setTimeout as wait } from 'node:timers/promises';
import { residentBytes } from '../measure/proc.ts';
import { median, spreadOf } from '../measure/statistics.ts';
import type { Row } from './row.ts';

/** What the start leaves to be collected is given time to go. */
const settleMs = 10_000;
const megabyte = 1e6;

export const idleRss: Row = {
  name: 'idle_rss',
  what: 'resident memory idle, embedded',
  bar: { kind: 'at_most', value: 110, unit: 'MB' },
  async run({ startSidecar, emptyCompileCache, rounds, scale }) {
    const compileCache = emptyCompileCache();
    await (await startSidecar({ compileCache })).stop();
    const sizes: number[] = [];
    const atOnce: number[] = [];
    while (sizes.length < Math.min(rounds, 5)) {
      const server = await startSidecar({ compileCache });
      atOnce.push(residentBytes(server.pid) / megabyte);
      await wait(settleMs * scale);
      sizes.push(residentBytes(server.pid) / megabyte);
      await server.stop();
    }
    return {
      kind: 'measured',
      value: median(sizes),
      spread: spreadOf(sizes),
      details: [
        `${(settleMs * scale) / 1000} s after it was ready, with compiled code kept from an earlier start; ${mebibytes(median(sizes))} MiB`,
        `as it got ready: ${median(atOnce).toFixed(1)} MB`,
      ],
    };
  },
};

/** `ps` and `top` count in these. */
function mebibytes(megabytes: number): string {
  return ((megabytes * megabyte) / 2 ** 20).toFixed(1);
}
