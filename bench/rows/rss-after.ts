import { setTimeout as wait } from 'node:timers/promises';
import { residentBytes } from '../measure/proc.ts';
import { count } from '../measure/throughput.ts';
import type { ServerProcess } from '../processes/server.ts';
import { jobOf, usualMix } from './jobs.ts';
import type { Row } from './row.ts';

const selections = 1_000_000;
const sessions = 100_000;
/** The garbage of the last calls is given time to go. */
const settleMs = 15_000;
const longestMs = 900_000;
/** What counts as level: between a million calls and the next the heap of an idle process differs by that much. */
const level = 1.05;
const megabyte = 1e6;

export const rssAfter: Row = {
  name: 'rss_after',
  what: 'the same after 1,000,000 selections over 100,000 sessions, against the bare echo after the same calls; no growth after 2,000,000',
  bar: { kind: 'at_most', value: 1.3, unit: '' },
  async run({ startSidecar, startEcho, load, scale }) {
    const calls = Math.round(selections * scale);
    const mix = { ...usualMix, sessions: Math.max(1, Math.round(sessions * scale)) };
    const sizeAfter = async (server: ServerProcess, from: number): Promise<number> => {
      await load.run(jobOf({ server, mix, from, until: { ms: longestMs, selections: calls } }));
      await wait(settleMs * scale);
      return residentBytes(server.pid) / megabyte;
    };
    const echo = await startEcho();
    const floor = await sizeAfter(echo, 0);
    await echo.stop();
    const sidecar = await startSidecar();
    const first = await sizeAfter(sidecar, 0);
    const second = await sizeAfter(sidecar, calls);
    const growth = second / first;
    return {
      kind: 'measured',
      value: first / floor,
      missed:
        growth > level ? `the second ${count(calls)} added ${((growth - 1) * 100).toFixed(1)} %` : undefined,
      details: [
        `remora ${first.toFixed(1)} MB, echo ${floor.toFixed(1)} MB, after ${count(calls)} selections and as many reports`,
        `remora after ${count(2 * calls)}: ${second.toFixed(1)} MB, ${growth.toFixed(3)} of that (up to ${level} is level)`,
        `each ${(settleMs * scale) / 1000} s after the last call`,
      ],
    };
  },
};
