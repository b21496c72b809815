import { admissionVerdict } from './admission.ts';
import type { SelectionContext } from './context.ts';
import { coolingDown, modelCoolingDown } from './filters/cooldown.ts';
import type { Filter } from './filters/filter.ts';
import { rpmExceeded } from './filters/rpm.ts';
import { quotaExceeded, windowCostExceeded } from './filters/spend.ts';
import { disabled, excluded, modelUnsupported, platformMismatch } from './filters/standing.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { Verdict } from './verdict.ts';

/** The filters in their order: the first that rejects gives the verdict. */
export const filters: readonly Filter[] = [
  excluded,
  disabled,
  platformMismatch,
  modelUnsupported,
  coolingDown,
  modelCoolingDown,
  quotaExceeded,
  windowCostExceeded,
  rpmExceeded,
];

const unindexed = filters.filter((filter) => filter.indexed !== true);

/** The verdict on an account the catalog's index gave for the platform and model. */
export function entryVerdict(entry: PoolEntry, context: SelectionContext): Verdict {
  return verdictBy(unindexed, entry, context);
}

/** The verdict on any account of a pool, whether or not it fits the platform and model. */
export function fullVerdict(entry: PoolEntry, context: SelectionContext): Verdict {
  return verdictBy(filters, entry, context);
}

/** The first filter's word, then what a claim would say. */
function verdictBy(list: readonly Filter[], entry: PoolEntry, context: SelectionContext): Verdict {
  for (const filter of list) if (filter.rejects(entry.account, entry.figures, context)) return filter.verdict;
  const admitted = admissionVerdict(entry.claim, entry.figures, context);
  // Whoever waits for the account's slots comes before a newcomer.
  return admitted === 'ELIGIBLE' && context.isSpokenFor(entry.account.id) ? 'CONCURRENCY_FULL' : admitted;
}

/** Merely full, or its one probe is out: worth waiting for. */
export function isWaitable(verdict: Verdict): boolean {
  return verdict === 'CONCURRENCY_FULL' || verdict === 'PROBING';
}

/** Cooling, so that it opens by itself. */
export function isCooling(verdict: Verdict): boolean {
  return verdict === 'COOLING_DOWN' || verdict === 'MODEL_COOLING_DOWN';
}

/** Has used up something that comes back with time. */
export function isSpent(verdict: Verdict): boolean {
  return (
    verdict === 'QUOTA_EXCEEDED' ||
    verdict === 'WINDOW_COST_EXCEEDED' ||
    verdict === 'RPM_EXCEEDED' ||
    verdict === 'SESSION_LIMIT'
  );
}
