import Registry from 'prom-client/lib/registry.js';

let shared: Promise<Registry> | undefined;

/**
 * Adds the usual process_* and nodejs_* metrics. They describe the process, whose event-loop and garbage-collection observers
 * prom-client can't stop, so they are started once per process however many registries show them. None keeps it alive.
 */
export async function addProcessMetrics(registry: Registry): Promise<void> {
  shared ??= startObservers();
  const observed = await shared.catch((error) => {
    shared = undefined;
    throw error;
  });
  for (const { name } of observed.getMetricsAsArray()) {
    const metric = observed.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
  }
}

async function startObservers(): Promise<Registry> {
  const { default: collectDefaultMetrics } = await import('prom-client/lib/defaultMetrics.js');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
