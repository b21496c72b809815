import type { Registry } from 'prom-client';
import Histogram from 'prom-client/lib/histogram.js';
import { createLabelled } from './labelled.ts';

/** What is asked of the state store, one name per kind of round trip. */
export const stateStoreOperations = [
  'claim',
  'settle',
  'renew',
  'figures',
  'window_costs',
  'rpm',
  'quota',
  'binding',
  'cooldown',
  'override',
  'chain',
] as const;

export type StateStoreOperation = (typeof stateStoreOperations)[number];

export interface StateStoreMetrics {
  observeRoundTrip(operation: StateStoreOperation, seconds: number): void;
  errors(operation: StateStoreOperation): void;
}

export interface LedgerMetrics {
  writes(result: 'booked' | 'duplicate' | 'error', bookings: number): void;
}

export interface CatalogMetrics {
  /** `unchanged`: read again, and the same as before. */
  reloads(result: 'success' | 'failure' | 'unchanged'): void;
}

/** 20 µs to 250 ms: well under a round trip on loopback, to twice the default state timeout. A store in this process makes none. */
const roundTripBuckets = [
  0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
];

/** Declares the metrics of the state store. An observation costs 0.2 µs, so prom-client takes it as it comes. */
export function createStateStoreMetrics(registry: Registry): StateStoreMetrics {
  const roundTrip = new Histogram({
    name: 'remora_state_store_round_trip_seconds',
    help: 'Time the state store took to answer.',
    labelNames: ['operation'],
    buckets: roundTripBuckets,
    registers: [registry],
  });
  for (const operation of stateStoreOperations) roundTrip.zero({ operation });
  const children = new Map(
    stateStoreOperations.map((operation) => [operation, roundTrip.labels(operation)] as const),
  );
  const errors = createLabelled(registry, {
    name: 'remora_state_store_errors_total',
    help: 'Calls of the state store that failed or timed out.',
    label: 'operation',
    values: stateStoreOperations,
  });
  return {
    observeRoundTrip: (operation, seconds) => children.get(operation)?.observe(seconds),
    errors: (operation) => errors(operation).inc(),
  };
}

/** Declares the counter of bookings. */
export function createLedgerMetrics(registry: Registry): LedgerMetrics {
  const writes = createLabelled(registry, {
    name: 'remora_ledger_writes_total',
    help: 'Bookings of usage by result.',
    label: 'result',
    values: ['booked', 'duplicate', 'error'] as const,
  });
  return { writes: (result, bookings) => writes(result).inc(bookings) };
}

/** Declares the counter of catalog reloads. */
export function createCatalogMetrics(registry: Registry): CatalogMetrics {
  const reloads = createLabelled(registry, {
    name: 'remora_catalog_reloads_total',
    help: 'Attempts to replace the catalog, by result.',
    label: 'result',
    values: ['success', 'failure', 'unchanged'] as const,
  });
  return { reloads: (result) => reloads(result).inc() };
}
