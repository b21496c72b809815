import Registry from 'prom-client/lib/registry.js';
import { type CacheMetrics, createCacheMetrics } from './cache-metrics.ts';
import { createGauges, type GaugeSources } from './gauges.ts';
import { createGrpcMetrics, type GrpcMetrics } from './grpc-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { createResultMetrics, type ResultMetrics } from './result-metrics.ts';
import { createSelectionMetrics, type SelectionMetrics } from './selection-metrics.ts';
import {
  type CatalogMetrics,
  createCatalogMetrics,
  createLedgerMetrics,
  createStateStoreMetrics,
  type LedgerMetrics,
  type StateStoreMetrics,
} from './store-metrics.ts';

/** Every metric remora has, each declared once and grouped by who counts it: hand a module its own group, not the whole. */
export interface Metrics extends CacheMetrics {
  readonly selection: SelectionMetrics;
  readonly results: ResultMetrics;
  readonly stateStore: StateStoreMetrics;
  readonly ledger: LedgerMetrics;
  readonly catalog: CatalogMetrics;
  readonly grpc: GrpcMetrics;
  /** Names where the gauges get their figures; they read 0 before. */
  attachGauges(sources: GaugeSources): void;
  /** Begins the process_* and nodejs_* metrics, where they are part of it; an exposition does if nobody has. Rejects where it can't. */
  observeProcess(): Promise<void>;
  /** All of it in Prometheus' text format. */
  exposition(): Promise<string>;
  /** The content type of the exposition. */
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Whether the process_* and nodejs_* metrics are part of it. Default true. */
  readonly processMetrics?: boolean;
}

/** Declares all metrics in a registry of their own, so that several instances in one process don't mix. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const gauges = createGauges(registry);
  const hasProcess = options.processMetrics ?? true;
  return {
    selection: createSelectionMetrics(registry),
    results: createResultMetrics(registry),
    ...createCacheMetrics(registry),
    stateStore: createStateStoreMetrics(registry),
    ledger: createLedgerMetrics(registry),
    catalog: createCatalogMetrics(registry),
    grpc: createGrpcMetrics(registry),
    attachGauges: gauges.attach,
    async observeProcess() {
      if (hasProcess) await processMetrics();
    },
    async exposition() {
      const own = await registry.metrics();
      // What can't be told of the process keeps back nothing else.
      const ofProcess = hasProcess ? await processMetrics().catch(() => undefined) : undefined;
      return ofProcess === undefined ? own : `${own}\n${await ofProcess.metrics()}`;
    },
    contentType: registry.contentType,
  };
}
