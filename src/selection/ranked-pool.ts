import { type Plan, type PlanPool, type PlanRequest, planSelection } from './plan.ts';
import type { PoolEntry } from './pool-entry.ts';
import { QuickPlanner } from './quick-plan.ts';
import type { RankRules, Ties } from './rank.ts';
import { Ranking, type RankingOptions } from './ranking.ts';

/**
 * The accounts of a pool, kept judged and in order as their figures change, so that a selection costs the same among 10,000 as
 * among 10: it takes in what changed since the last one, then the first that fits. What that can't answer is answered by asking
 * the whole pool; the answers are the same.
 */
export class RankedPool {
  readonly entries: readonly PoolEntry[];
  readonly rules: RankRules;
  readonly #options: RankingOptions;
  readonly #positions = new Map<string, number>();
  // Made when first planned with: a session that keeps its account asks for an entry alone.
  #ranked: { readonly ranking: Ranking; readonly planner: QuickPlanner } | undefined;

  constructor(options: RankingOptions) {
    this.entries = options.entries;
    this.rules = options.rules;
    this.#options = options;
    for (const [position, { account }] of this.entries.entries()) this.#positions.set(account.id, position);
  }

  /** The account's entry; undefined where the pool does not have it. */
  entryOf(accountId: string): PoolEntry | undefined {
    const position = this.#positions.get(accountId);
    return position === undefined ? undefined : this.entries[position];
  }

  /** What a request may claim, wait for, and passes over. */
  plan(request: PlanRequest): Plan {
    const { ranking, planner } = this.#rankedAt(request.context.nowMs);
    return planner.plan(request) ?? planSelection(this.#plain(ranking.order.ties), request);
  }

  /** Draws the account's place among its equals anew. */
  redraw(accountId: string): void {
    const position = this.#positions.get(accountId);
    if (position !== undefined) this.#ranked?.ranking.redraw(position);
  }

  /** The pool as it is asked account by account at that time, with the same ties. */
  plainAt(nowMs: number): PlanPool {
    return this.#plain(this.#rankedAt(nowMs).ranking.order.ties);
  }

  #plain(ties: Ties): PlanPool {
    const { entries, rules } = this;
    return { entries, rules, ties };
  }

  #rankedAt(nowMs: number): { readonly ranking: Ranking; readonly planner: QuickPlanner } {
    if (this.#ranked === undefined) {
      const { entries, rules } = this;
      const ranking = new Ranking(this.#options, this.#positions);
      this.#ranked = { ranking, planner: new QuickPlanner({ entries, rules, ranking }) };
    }
    this.#ranked.ranking.catchUp(nowMs);
    return this.#ranked;
  }
}
