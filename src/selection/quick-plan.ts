import { isSessionLimited } from './admission.ts';
import type { SelectionContext } from './context.ts';
import { excluded } from './filters/standing.ts';
import { passedOver } from './passed-over.ts';
import { entryVerdict } from './pipeline.ts';
import type { Plan, PlanRequest } from './plan.ts';
import type { PoolEntry } from './pool-entry.ts';
import { type RankRules, rankOf } from './rank.ts';
import type { Ranking } from './ranking.ts';
import { unitEnd } from './units.ts';

/** More places than these are found sooner by asking the whole pool once. */
const placesMax = 64;

const nobody: readonly PoolEntry[] = [];

export interface QuickPlannerOptions {
  readonly entries: readonly PoolEntry[];
  readonly rules: RankRules;
  readonly ranking: Ranking;
}

/**
 * Plans from a ranking. What of a request may change a verdict is asked of the accounts at the front of the order alone: whether it
 * excludes them, their sessions, who waits for them.
 */
export class QuickPlanner {
  readonly #entries: readonly PoolEntry[];
  readonly #rules: RankRules;
  readonly #ranking: Ranking;
  readonly #familiesLimitSessions: boolean;
  /** Those passed over for a best of some preference, while no account begins or ends to cool. */
  #told = { coolingChanges: -1, preference: -1, entries: nobody };

  constructor({ entries, rules, ranking }: QuickPlannerOptions) {
    this.#entries = entries;
    this.#rules = rules;
    this.#ranking = ranking;
    this.#familiesLimitSessions = entries.some(
      ({ familyId, claim }) => familyId !== '' && claim.sessionLimit > 0,
    );
  }

  /**
   * The plan, exactly as asking the whole pool makes it; undefined where only that can tell: where nothing is claimable, so that it
   * matters who is full; where a sum has to be read; and where the request may change by which key a family ranks, or be let in
   * where others are not.
   */
  plan({ context, limit }: PlanRequest): Plan | undefined {
    const { standings, hasFamilies } = this.#ranking;
    if (limit > placesMax || standings.missing > 0 || context.faultyPlatforms.length > 0) return undefined;
    if (hasFamilies && this.#mayTouchFamilies(context)) return undefined;
    const { looked } = context;
    const { windowCostsKnown, rpm } = looked;
    const claimable = this.#letsBoundIn(context) ? nobody : this.#claimable(context, limit);
    if (claimable.length === 0) {
      // Whoever asks the whole pool counts the session's account again.
      looked.windowCostsKnown = windowCostsKnown;
      looked.rpm = rpm;
      return undefined;
    }
    this.#tally(context);
    return { claimable, waitable: nobody, passedOver: this.#passedOver(context, claimable[0]!) };
  }

  /** Whether keys of a family may be turned down that are open to others. */
  #mayTouchFamilies({ excluded, tried, nobodyWaits, sessionKey }: SelectionContext): boolean {
    if (excluded.size > 0 || tried.size > 0 || nobodyWaits !== true) return true;
    return this.#familiesLimitSessions && sessionKey !== '';
  }

  /** Whether the session's account is closed to others and open to the session. Counts the look at it. */
  #letsBoundIn(context: SelectionContext): boolean {
    const position = this.#positionOf(context.boundAccountId);
    if (position === undefined) return false;
    const verdict = entryVerdict(this.#entries[position]!, context);
    return verdict === 'ELIGIBLE' && !this.#ranking.standings.isOpen(position);
  }

  #claimable(context: SelectionContext, limit: number): readonly PoolEntry[] {
    const { order, standings } = this.#ranking;
    const entries = this.#entries;
    const claimable: PoolEntry[] = [];
    order.some((unit) => {
      const entry = entries[unit]!;
      if (entry.familyId === '') {
        if (!turnsDown(entry, context)) claimable.push(entry);
      } else {
        const end = unitEnd(entries, unit);
        for (let key = unit; key < end && claimable.length < limit; key += 1)
          if (standings.isOpen(key)) claimable.push(entries[key]!);
      }
      return claimable.length >= limit;
    });
    return claimable;
  }

  /** Counts what a walk over the pool would have looked at, the session's own account aside. */
  #tally({ excluded, tried, boundAccountId, looked }: SelectionContext): void {
    const { standings } = this.#ranking;
    let known = standings.costsKnown;
    let rpm = standings.rpmLooked;
    if (known === 0 && rpm === 0) return;
    const discount = (accountId: string) => {
      const position = this.#positionOf(accountId);
      if (position === undefined) return;
      if (standings.isCostKnown(position)) known -= 1;
      if (standings.isRpmLooked(position)) rpm -= 1;
    };
    for (const id of excluded) discount(id);
    for (const id of tried) if (!excluded.has(id)) discount(id);
    if (!excluded.has(boundAccountId) && !tried.has(boundAccountId)) discount(boundAccountId);
    looked.windowCostsKnown += known;
    looked.rpm ||= rpm > 0;
  }

  #passedOver(context: SelectionContext, best: PoolEntry): readonly PoolEntry[] {
    const { standings, order, positions } = this.#ranking;
    if (standings.cooling === 0) return nobody;
    const ownWay = best.familyId !== '' || context.excluded.size > 0 || context.tried.size > 0;
    if (ownWay) return this.#findPassedOver(context, best);
    const { coolingChanges } = standings;
    const preference = order.preferenceOf(positions.get(best.account.id)!);
    const told = this.#told;
    if (told.coolingChanges !== coolingChanges || told.preference !== preference)
      this.#told = { coolingChanges, preference, entries: this.#findPassedOver(context, best) };
    return this.#told.entries;
  }

  #findPassedOver(context: SelectionContext, first: PoolEntry): readonly PoolEntry[] {
    const rank = rankOf(first, 0, this.#rules);
    return passedOver(this.#cooling(context), { first, rank }, this.#rules);
  }

  *#cooling(context: SelectionContext): Iterable<PoolEntry> {
    const { standings } = this.#ranking;
    for (const [position, entry] of this.#entries.entries())
      if (standings.isCooling(position) && !excluded.rejects(entry, context)) yield entry;
  }

  #positionOf(accountId: string): number | undefined {
    return accountId === '' ? undefined : this.#ranking.positions.get(accountId);
  }
}

/** Whether something of the request's own keeps it from an account that is open. */
function turnsDown(entry: PoolEntry, context: SelectionContext): boolean {
  return (
    excluded.rejects(entry, context) ||
    isSessionLimited(entry.claim, entry.figures, context) ||
    (context.nobodyWaits !== true && context.isSpokenFor(entry.account.id))
  );
}
