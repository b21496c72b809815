import { admissionVerdict } from './admission.ts';
import type { SelectionContext } from './context.ts';
import type { Filter } from './filters/filter.ts';
import type { PoolEntry } from './pool-entry.ts';

/**
 * When all that stands in an account's way now will be gone by itself, milliseconds since the epoch: the end of the longest of
 * its reasons. Undefined where nothing does, or nobody knows when. That it was tried in this chain, or excluded, plays no part:
 * the next request may have it. `filters`: those that may turn it down.
 */
export function opensAtMs(
  entry: PoolEntry,
  context: SelectionContext,
  filters: readonly Filter[],
): number | undefined {
  let latestMs = admissionOpensAtMs(entry, context);
  for (const filter of filters) {
    if (filter.verdict === 'EXCLUDED' || !filter.rejects(entry, context)) continue;
    const openMs = filter.opensAtMs?.(entry, context);
    if (openMs === undefined) return undefined;
    latestMs = Math.max(latestMs ?? openMs, openMs);
  }
  return latestMs;
}

/** A slot comes back when its request ends, and nobody knows when that is. */
function admissionOpensAtMs(entry: PoolEntry, context: SelectionContext): number | undefined {
  const { figures, claim } = entry;
  const { nowMs, model, probeTimeoutMs } = context;
  switch (admissionVerdict(claim, figures, context)) {
    case 'SESSION_LIMIT':
      return figures.oldestSessionEndsAtMs(nowMs, claim.sessionIdleMs);
    case 'PROBING': {
      const probes = [figures.cooldown?.probe, figures.modelCooldown(model)?.probe];
      return Math.max(...probes.map((probe) => (probe === undefined ? 0 : probe.sinceMs + probeTimeoutMs)));
    }
    default:
      return undefined;
  }
}
