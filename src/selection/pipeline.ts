import type { Account } from '../catalog/account.ts';
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
export const fullFilters: readonly Filter[] = [
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

const unindexed = fullFilters.filter((filter) => filter.indexed !== true);

/**
 * The filters that can turn a request down at this account, but for those the catalog's index applies. Accounts with the same
 * kinds of limits share one list.
 */
export function filtersFor(account: Account): readonly Filter[] {
  let kinds = 0;
  for (const [bit, { concerns }] of unindexed.entries()) if (concerns?.(account) ?? true) kinds |= 1 << bit;
  const known = filterLists[kinds];
  if (known !== undefined) return known;
  const list = unindexed.filter((_, bit) => (kinds & (1 << bit)) !== 0);
  filterLists[kinds] = list;
  return list;
}

/** By the set of filters, one bit each. */
const filterLists: (readonly Filter[])[] = [];

/** The verdict on an account the catalog's index gave for the platform and model. */
export function entryVerdict(entry: PoolEntry, context: SelectionContext): Verdict {
  return verdictBy(entry.filters, entry, context);
}

/** The verdict on any account of a pool, whether or not it fits the platform and model. */
export function fullVerdict(entry: PoolEntry, context: SelectionContext): Verdict {
  return verdictBy(fullFilters, entry, context);
}

/** The first filter's word, then what a claim would say. */
function verdictBy(list: readonly Filter[], entry: PoolEntry, context: SelectionContext): Verdict {
  for (let index = 0; index < list.length; index += 1) {
    const filter = list[index]!;
    if (filter.rejects(entry, context)) return filter.verdict;
  }
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
