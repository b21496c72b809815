import Registry from 'prom-client/lib/registry.js';

let shared: Promise<Registry> | undefined;

/**
 * The usual process_* and nodejs_* metrics. They describe the process, whose event-loop and garbage-collection observers prom-client
 * can't stop, so they are started once per process however many expositions show them. None keeps it alive. Rejects where they can't be
 * had; whoever asks next tries again.
 */
export async function processMetrics(): Promise<Registry> {
  shared ??= startObservers();
  try {
    return await shared;
  } catch (error) {
    shared = undefined;
    throw error;
  }
}

async function startObservers(): Promise<Registry> {
  const { default: collectDefaultMetrics } = await import('prom-client/lib/defaultMetrics.js');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
