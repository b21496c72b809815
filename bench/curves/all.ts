import type { Mix } from '../load/messages.ts';
import { groupName } from '../processes/sidecar-config.ts';
import { jobOf, routeStream } from '../rows/jobs.ts';
import { readMetrics } from '../rows/read-metrics.ts';
import type { Curve } from './curve.ts';

/** Sessions are left out where they are not what grows: a bound session never looks at the pool. */
const mix: Mix = { groups: [groupName(0)], sessions: 0, users: 100, usage: true };
const longestMs = 600_000;

const accounts: Curve = {
  name: 'accounts',
  title: 'Accounts in a pool',
  xTitle: 'accounts',
  conditions: 'one group, requests without a session, so that each looks at the whole pool',
  xs: [10, 30, 100, 300, 1_000, 3_000, 10_000],
  selectionsAlone: true,
  at: (x) => ({ sidecar: { accounts: x }, mix }),
};

/** With the accounts of all groups fixed, pools would shrink as groups grow, and the curve would show that in place of the groups. */
const groups: Curve = {
  name: 'groups',
  title: 'Groups',
  xTitle: 'groups',
  conditions: '100 accounts in each, so 100 to 10,000 in all; groups are asked in turn, without a session',
  xs: [1, 10, 100],
  selectionsAlone: true,
  at: (x) => ({
    sidecar: { accounts: 100, groups: x },
    mix: { ...mix, groups: Array.from({ length: x }, (_, index) => groupName(index)) },
  }),
};

const sessions: Curve = {
  name: 'sessions',
  title: 'Sessions remembered',
  xTitle: 'sessions',
  conditions: '20 accounts; every session is bound before it is measured, and asked for again in turn',
  xs: [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
  selectionsAlone: true,
  at: (x) => ({
    sidecar: {},
    mix: { ...mix, sessions: x },
    async prepare({ load, scale }, server) {
      const until = { ms: longestMs, selections: Math.max(1, Math.round(x * scale)) };
      await load.run(jobOf({ server, ...routeStream, mix: { ...mix, sessions: x }, until }));
    },
  }),
};

const leases: Curve = {
  name: 'leases',
  title: 'Open leases',
  xTitle: 'leases that stay open',
  conditions: '20 accounts; the leases of as many selections are kept while others come and go',
  xs: [10, 100, 1_000, 10_000],
  selectionsAlone: false,
  at: (x) => ({
    sidecar: {},
    mix,
    async prepare({ load }, server) {
      await load.run(jobOf({ server, mix, order: 'hold', until: { ms: longestMs, selections: x } }));
      await expectSum(server.httpAddress, 'remora_leases_active', x);
    },
  }),
};

const coolingModels = Array.from({ length: 10 }, (_, index) => `claude-model-${index}`);

/** A hundred accounts are left to serve where every model cools down at 10,000 of them. */
const cooldowns: Curve = {
  name: 'cooldowns',
  title: 'Running cooldowns',
  xTitle: 'cooldowns of an account and model',
  conditions:
    '10,100 accounts, ten models; made by reports of a 429; requests ask for the ten models in turn, so up to 10,000 accounts are passed over',
  xs: [0, 100, 1_000, 10_000, 100_000],
  selectionsAlone: false,
  at: (x) => ({
    sidecar: { accounts: 10_100 },
    mix: { ...mix, models: coolingModels },
    async prepare({ load, scale }, server) {
      const selections = Math.round(x * scale);
      if (selections === 0) return;
      const failing = { ...mix, models: coolingModels, usage: false, failing: true };
      await load.run(jobOf({ server, mix: failing, until: { ms: longestMs, selections } }));
      await expectSum(server.httpAddress, 'remora_cooldowns_total', selections);
    },
  }),
};

/** Every curve, in the order in which they are shown. */
export const curves: readonly Curve[] = [accounts, groups, sessions, leases, cooldowns];

/** The sidecar's own count of what was made, over all labels. */
async function expectSum(httpAddress: string, name: string, wanted: number): Promise<void> {
  let sum = 0;
  for (const [series, value] of await readMetrics(httpAddress))
    if (series === name || series.startsWith(`${name}{`)) sum += value;
  if (sum !== wanted) throw new Error(`${name} is ${sum}, not ${wanted}`);
}
