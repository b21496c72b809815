import { collectDefaultMetrics, Registry } from 'prom-client';

let shared: Registry | undefined;

/**
 * Adds the usual process_* and nodejs_* metrics. They describe the process, whose event-loop and garbage-collection observers
 * prom-client can't stop, so they are started once per process however many registries show them. None keeps it alive.
 */
export function addProcessMetrics(registry: Registry): void {
  if (shared === undefined) {
    shared = new Registry();
    collectDefaultMetrics({ register: shared });
  }
  for (const { name } of shared.getMetricsAsArray()) {
    const metric = shared.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
  }
}
