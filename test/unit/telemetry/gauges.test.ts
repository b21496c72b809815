import { describe, expect, it } from 'vitest';
import type { GaugeSources } from '../../../src/telemetry/gauges.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { nonZeroSeries } from './counters.ts';

function sources(changed: Partial<GaugeSources> = {}): GaugeSources {
  return {
    leasesActive: () => 0,
    waiting: () => 0,
    degraded: () => 0,
    ledgerSpooled: () => 0,
    catalogAccounts: () => 0,
    coolingDown: () => [],
    inFlight: () => [],
    ...changed,
  };
}

describe('gauges', () => {
  it('read their sources at each scrape', async () => {
    const metrics = createMetrics({ processMetrics: false });
    let waiting = 2;
    metrics.attachGauges(
      sources({
        waiting: () => waiting,
        leasesActive: async () => 5,
        degraded: () => 1,
        ledgerSpooled: () => 7,
      }),
    );
    expect(await nonZeroSeries(metrics)).toEqual({
      waiting: 2,
      leases_active: 5,
      degraded: 1,
      ledger_spooled: 7,
    });
    waiting = 0;
    expect(await nonZeroSeries(metrics)).toEqual({ leases_active: 5, degraded: 1, ledger_spooled: 7 });
  });

  it('drop the series of an account that is gone and keep one that is 0', async () => {
    const metrics = createMetrics({ processMetrics: false });
    let inFlight: [string, number][] = [
      ['a', 2],
      ['b', 1],
    ];
    metrics.attachGauges(sources({ inFlight: () => inFlight, coolingDown: async () => new Map([['b', 1]]) }));
    expect(await nonZeroSeries(metrics)).toEqual({
      'account_in_flight{account="a"}': 2,
      'account_in_flight{account="b"}': 1,
      'account_cooling_down{account="b"}': 1,
    });
    inFlight = [['b', 0]];
    const text = await metrics.exposition();
    expect(text).not.toContain('account_in_flight{account="a"}');
    expect(text).toContain('remora_account_in_flight{account="b"} 0');
  });

  it('escape what an account id may hold', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.attachGauges(sources({ inFlight: () => [['a"b\\c\nd', 1]] }));
    expect(await metrics.exposition()).toContain('remora_account_in_flight{account="a\\"b\\\\c\\nd"} 1');
  });

  it('keep their last figure when a source fails, and the others are read', async () => {
    const metrics = createMetrics({ processMetrics: false });
    let away = false;
    const failing = <T>(value: T) => {
      if (away) throw new Error('store away');
      return value;
    };
    metrics.attachGauges(
      sources({
        leasesActive: async () => failing(4),
        inFlight: () => failing([['a', 3]] as [string, number][]),
        catalogAccounts: () => 9,
      }),
    );
    const before = await nonZeroSeries(metrics);
    away = true;
    expect(await nonZeroSeries(metrics)).toEqual(before);
    expect(before).toEqual({ leases_active: 4, 'account_in_flight{account="a"}': 3, catalog_accounts: 9 });
  });
});
