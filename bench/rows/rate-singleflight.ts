import { jobOf, oneAtATime } from './jobs.ts';
import { readMetrics } from './read-metrics.ts';
import type { Row } from './row.ts';

const prefix = 'remora_user_group_rate_cache';

/** Calls made at once, each of which needs the same rate. */
const callers = 1_000;

export const rateSingleflight: Row = {
  name: 'rate_singleflight',
  what: '1,000 concurrent first look-ups of one rate: look-ups that reach the source',
  bar: { kind: 'at_most', value: 1, unit: '' },
  async run({ startSidecar, load }) {
    const server = await startSidecar();
    // Hot code, so that the thousand come in together; no user, so that no rate is looked up.
    const quiet = { groups: ['group-0'], sessions: 0, users: 0, usage: false };
    await load.run(jobOf({ server, mix: quiet, until: { ms: 1_000 } }));
    await load.run(
      jobOf({
        server,
        ...oneAtATime,
        inFlight: callers,
        mix: { ...quiet, users: 1 },
        order: 'selections',
        until: { ms: 10_000, selections: callers },
      }),
    );
    const metrics = await readMetrics(server.httpAddress);
    const of = (name: string) => metrics.get(`${prefix}_${name}_total`) ?? Number.NaN;
    const parts = ['misses', 'singleflight_shared', 'hits', 'loads'];
    return {
      kind: 'measured',
      value: of('loads'),
      details: [
        `${parts.map((name) => `${name} ${of(name)}`).join(', ')}, of ${callers} calls over one connection`,
        'the rates come from the file; each load is what would be one statement with rates in Postgres',
      ],
    };
  },
};
