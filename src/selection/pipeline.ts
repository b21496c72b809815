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
 * kinds of limits share one list, so that a pool of thousands has a handful.
 */
export function filtersFor(account: Account): readonly Filter[] {
  const concerned = unindexed.filter((filter) => filter.concerns?.(account) ?? true);
  const key = concerned.map(({ verdict }) => verdict).join();
  const known = filterLists.get(key);
  if (known !== undefined) return known;
  filterLists.set(key, concerned);
  return concerned;
}

const filterLists = new Map<string, readonly Filter[]>();

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
  const { account, figures, claim } = entry;
  for (let index = 0; index < list.length; index += 1) {
    const filter = list[index]!;
    if (filter.rejects(account, figures, context)) return filter.verdict;
  }
  const admitted = admissionVerdict(claim, figures, context);
  // Whoever waits for the account's slots comes before a newcomer.
  return admitted === 'ELIGIBLE' && context.isSpokenFor(account.id) ? 'CONCURRENCY_FULL' : admitted;
}

/** Merely full, or its one probe is out: worth waiting for. */
export function isWaitable(verdict: Verdict): boolean {
  return verdict === 'CONCURRENCY_FULL' || verdict === 'PROBING';
}

/** Cooling, so that it opens by itself. */
export function isCooling(verdict: Verdict): boolean {
  return verdict === 'COOLING_DOWN' || verdict === 'MODEL_COOLING_DOWN';
}
