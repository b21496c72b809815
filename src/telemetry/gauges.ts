import type { Registry } from 'prom-client';
import Gauge from 'prom-client/lib/gauge.js';

/** A figure as of now; may be asked of a store, which must answer in bounded time. */
export type Figure = number | Promise<number>;

/** Figures by account. */
export type AccountFigures = Iterable<readonly [accountId: string, value: number]>;

/** Where the gauges get their figures, asked at each scrape and at no other time. */
export interface GaugeSources {
  readonly leasesActive: () => Figure;
  readonly waiting: () => Figure;
  /** 1 while state can't be shared, else 0. */
  readonly degraded: () => Figure;
  readonly ledgerSpooled: () => Figure;
  readonly catalogAccounts: () => Figure;
  /** 1 for an account that cools down (itself, or for any model), else 0; accounts left out have no series. */
  readonly coolingDown: () => AccountFigures | Promise<AccountFigures>;
  readonly inFlight: () => AccountFigures | Promise<AccountFigures>;
}

/**
 * Declares the gauges. They read 0 until the sources are attached, which is once the stores exist (the stores count into the
 * same metrics, so they come later). A source that fails leaves its gauge as it was: a scrape must not fail for one figure.
 */
export function createGauges(registry: Registry): { attach(sources: GaugeSources): void } {
  let sources: GaugeSources | undefined;
  const plain = (name: string, help: string, read: (from: GaugeSources) => Figure) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const value = await attempt(sources, read);
        if (value !== undefined) this.set(value);
      },
    });
  const perAccount = (
    name: string,
    help: string,
    read: (from: GaugeSources) => AccountFigures | Promise<AccountFigures>,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ['account'],
      registers: [registry],
      async collect() {
        const figures = await attempt(sources, read);
        if (figures === undefined) return;
        this.reset();
        for (const [account, value] of figures) this.set({ account }, value);
      },
    });

  perAccount('remora_account_cooling_down', '1 while the account, or a model of it, cools down.', (from) =>
    from.coolingDown(),
  );
  perAccount('remora_account_in_flight', 'Requests the account is serving.', (from) => from.inFlight());
  plain('remora_leases_active', 'Leases granted and not yet ended.', (from) => from.leasesActive());
  plain('remora_waiting', 'Selections waiting for a slot.', (from) => from.waiting());
  plain('remora_degraded', '1 while state is local because the shared store is away.', (from) =>
    from.degraded(),
  );
  plain('remora_ledger_spooled', 'Bookings waiting in the local spool.', (from) => from.ledgerSpooled());
  plain('remora_catalog_accounts', 'Accounts in the catalog in force.', (from) => from.catalogAccounts());
  return {
    attach(from) {
      sources = from;
    },
  };
}

/** The figure, or undefined where there is no source yet or it fails. */
async function attempt<T>(
  sources: GaugeSources | undefined,
  read: (from: GaugeSources) => T | Promise<T>,
): Promise<T | undefined> {
  if (sources === undefined) return undefined;
  try {
    return await read(sources);
  } catch {
    return undefined;
  }
}
