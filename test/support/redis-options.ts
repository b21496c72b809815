import type { StateStoreMetrics } from '../../src/telemetry/store-metrics.ts';

export const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const uncountedStore: StateStoreMetrics = {
  observeRoundTrip: () => undefined,
  errors: () => undefined,
};
