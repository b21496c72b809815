import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import { nonZeroSeries } from './counters.ts';

const listed = readFileSync(new URL('../../fixtures/metrics.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '');

async function declaredNames(metrics: Metrics): Promise<string[]> {
  return [...(await metrics.exposition()).matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1] ?? '');
}

describe('the exposition', () => {
  it('declares exactly the listed metrics besides those of the process', async () => {
    const names = await declaredNames(createMetrics({ processMetrics: false }));
    expect(names.toSorted()).toEqual(listed.toSorted());
  });

  it('reads as the golden text at the start, every known label at 0', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.grpc.handled('remora.v1.RouterService', 'SelectAccount');
    await expect(await metrics.exposition()).toMatchFileSnapshot('../../fixtures/metrics.golden.txt');
    expect(await nonZeroSeries(metrics)).toEqual({});
  });

  it('carries the usual process metrics unless told otherwise', async () => {
    const metrics = createMetrics();
    const names = (await declaredNames(metrics)).filter((name) => !listed.includes(name));
    expect(names).toContain('process_cpu_user_seconds_total');
    expect(names).toContain('process_resident_memory_bytes');
    expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(names).toContain('nodejs_gc_duration_seconds');
    expect(names.filter((name) => !/^(process|nodejs)_/.test(name))).toEqual([]);
  });

  it('is of the instance alone, with the process metrics in each', async () => {
    const one = createMetrics();
    const other = createMetrics();
    one.ledger.writes('booked', 1);
    expect(await other.exposition()).toContain('remora_ledger_writes_total{result="booked"} 0');
    expect(await declaredNames(other)).toEqual(await declaredNames(one));
  });

  it('names its content type', () => {
    expect(createMetrics().contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });
});

const counted: readonly [string, (metrics: Metrics) => void, Record<string, number>][] = [
  [
    'a selection of an account',
    (m) => m.selection.selections('selected', 'KEPT', 0),
    {
      'selections_total{outcome="selected",sticky="kept",tier="0"}': 1,
    },
  ],
  [
    'a selection without an account',
    (m) => m.selection.selections('exhausted'),
    {
      'selections_total{outcome="exhausted",sticky="none",tier=""}': 1,
    },
  ],
  [
    'a combination not exported at the start',
    (m) => m.selection.selections('replayed', 'MOVED', 2),
    {
      'selections_total{outcome="replayed",sticky="moved",tier="2"}': 1,
    },
  ],
  [
    'rejected accounts',
    (m) => m.selection.rejections('COOLING_DOWN', 3),
    {
      'rejections_total{verdict="COOLING_DOWN"}': 3,
    },
  ],
  [
    'a binding read',
    (m) => m.selection.stickyReads('prefetched'),
    {
      'sticky_reads_total{result="prefetched"}': 1,
    },
  ],
  [
    'a binding changed',
    (m) => m.selection.stickyChanges('cleared'),
    {
      'sticky_changes_total{change="cleared"}': 1,
    },
  ],
  [
    'a failure reported',
    (m) => m.results.reports('failure', 'RATE_LIMIT'),
    {
      'reports_total{outcome="failure",reason="RATE_LIMIT"}': 1,
    },
  ],
  [
    'a success reported',
    (m) => m.results.reports('success'),
    {
      'reports_total{outcome="success",reason=""}': 1,
    },
  ],
  [
    'a cancelled attempt',
    (m) => m.results.reports('cancelled'),
    {
      'reports_total{outcome="cancelled",reason="CANCELLED"}': 1,
    },
  ],
  [
    'a report come twice',
    (m) => m.results.reports('duplicate'),
    {
      'reports_total{outcome="duplicate",reason=""}': 1,
    },
  ],
  ['a failover', (m) => m.results.failovers('TIMEOUT'), { 'failovers_total{reason="TIMEOUT"}': 1 }],
  [
    'a cooldown',
    (m) => m.results.cooldowns('RATE_LIMIT', 'ACCOUNT', 'UPSTREAM_HINT'),
    {
      'cooldowns_total{reason="RATE_LIMIT",scope="ACCOUNT",source="UPSTREAM_HINT"}': 1,
    },
  ],
  ['expired leases', (m) => m.results.leasesExpired(2), { leases_expired_total: 2 }],
  [
    'a failed call of the state store',
    (m) => m.stateStore.errors('claim'),
    {
      'state_store_errors_total{operation="claim"}': 1,
    },
  ],
  ['a booking', (m) => m.ledger.writes('duplicate', 1), { 'ledger_writes_total{result="duplicate"}': 1 }],
  ['a reload', (m) => m.catalog.reloads('failure'), { 'catalog_reloads_total{result="failure"}': 1 }],
  [
    'window costs read',
    (m) => m.windowCosts.cacheMisses.inc(4),
    {
      window_cost_prefetch_cache_misses_total: 4,
    },
  ],
  [
    'an RPC by its code',
    (m) => m.grpc.handled('s', 'M')(8),
    {
      'grpc_server_handled_total{grpc_service="s",grpc_method="M",grpc_code="RESOURCE_EXHAUSTED"}': 1,
    },
  ],
  [
    'an RPC with a code that is none',
    (m) => m.grpc.handled('s', 'M')(99),
    {
      'grpc_server_handled_total{grpc_service="s",grpc_method="M",grpc_code="UNKNOWN"}': 1,
    },
  ],
];

describe('counting', () => {
  it.each(counted)('%s moves its own series and no other', async (_what, count, expected) => {
    const metrics = createMetrics({ processMetrics: false });
    count(metrics);
    expect(await nonZeroSeries(metrics)).toEqual(expected);
    count(metrics);
    const twice = Object.entries(expected).map(([name, value]) => [name, value * 2]);
    expect(await nonZeroSeries(metrics)).toEqual(Object.fromEntries(twice));
  });

  it('puts a duration in its buckets', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.stateStore.observeRoundTrip('settle', 0.003);
    metrics.selection.observeWait(59);
    metrics.selection.observeDuration(0.00007);
    const text = await metrics.exposition();
    expect(text).toContain('remora_state_store_round_trip_seconds_bucket{le="0.0025",operation="settle"} 0');
    expect(text).toContain('remora_state_store_round_trip_seconds_bucket{le="0.005",operation="settle"} 1');
    expect(text).toContain('remora_wait_duration_seconds_bucket{le="45"} 0');
    expect(text).toContain('remora_wait_duration_seconds_bucket{le="60"} 1');
    expect(text).toContain('remora_selection_duration_seconds_bucket{le="0.00005"} 0');
    expect(text).toContain('remora_selection_duration_seconds_bucket{le="0.0001"} 1');
  });
});
