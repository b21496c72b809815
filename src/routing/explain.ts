import type { CandidateQuery } from '../catalog/catalog.ts';
import { Looked, nothingRead, type ReadFigures } from '../selection/context.ts';
import { fullVerdict } from '../selection/pipeline.ts';
import { loadRateOf } from '../selection/rank.ts';
import { accountStates } from './account-state.ts';
import type { Answer, Explanation, SelectionFailure, SelectRequest } from './api.ts';
import { resumeChain } from './chain.ts';
import { contextOf, type Decision, decide, type Query } from './decide.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { modelSteps } from './model-steps.ts';
import type { PoolEntries } from './pool-entries.ts';
import { readQuietly } from './quiet-reads.ts';
import { toFailure, unknownGroup } from './refusals.ts';
import { originOf, prefetchedOf } from './select-request.ts';
import { surveyPool } from './survey.ts';
import type { WaitQueue } from './wait-queue.ts';

/**
 * Tells what a selection would do, by the selection's own decision, and why each account is or is not in it. Where a model's
 * fallback would serve, verdicts and ranks are those for the fallback. A `request_id` seen before plays no part: what is told
 * is what the pool would give. Changes nothing.
 */
export class Explain {
  readonly #deps: RoutingDependencies;
  readonly #pools: PoolEntries;
  readonly #queue: Pick<WaitQueue, 'hasWaiters'>;

  constructor(deps: RoutingDependencies, pools: PoolEntries, queue: Pick<WaitQueue, 'hasWaiters'>) {
    this.#deps = deps;
    this.#pools = pools;
    this.#queue = queue;
  }

  async run(request: SelectRequest): Promise<Answer<Explanation>> {
    const resumed =
      request.failoverFrom === '' ? undefined : await resumeChain(request.failoverFrom, this.#deps);
    if (resumed?.kind === 'refused') return resumed;
    const origin = resumed?.chain.request ?? originOf(request);
    const catalog = this.#deps.catalog.current();
    if (origin.groupId !== '' && !catalog.groups.has(origin.groupId))
      return { kind: 'refused', refusal: unknownGroup(origin.groupId) };
    const nowMs = this.#deps.clock.now();
    const bound =
      prefetchedOf(request, origin) ??
      (origin.sessionId === ''
        ? ''
        : this.#deps.state.boundAccountId(origin.groupId, origin.sessionId, nowMs));
    const blind: Query = {
      catalog,
      request: origin,
      requireSticky: request.stickyPolicy === 'REQUIRE',
      chain: resumed?.chain,
      boundAccountId: bound,
      nowMs,
      read: nothingRead,
      isSpokenFor: (accountId) => this.#queue.hasWaiters(accountId),
      settings: this.#deps.settings,
    };
    const query = { ...blind, read: await this.#read(blind) };
    const decision = decide(query, this.#pools);
    return { kind: 'done', value: await this.#explanation(query, decision) };
  }

  async #explanation(query: Query, decision: Decision): Promise<Explanation> {
    const { catalog, request, boundAccountId } = query;
    const { action } = decision;
    const step = stepOf(query, action);
    const context = contextOf(query, step, new Looked());
    const accounts = catalog.pool(request.groupId);
    const pool = this.#pools.of(catalog, step);
    const ranks = this.#ranksOf(query, step, action);
    const states = await accountStates(accounts, this.#deps);
    const wouldSelect = action.kind === 'claim' ? (action.candidates[0]?.accountId ?? '') : '';
    return {
      accounts: accounts.map((account, index) => {
        const entry = pool.entryOf(account.id) ?? this.#pools.entry(account, step);
        return {
          accountId: account.id,
          verdict: fullVerdict(entry, context),
          rank: ranks.get(account.id) ?? 0,
          tier: account.tier,
          priority: account.priority,
          loadRate: loadRateOf(account.loadFactor, entry.figures),
          state: states[index]!,
        };
      }),
      stickyAccountId: boundAccountId,
      wouldSelect,
      ...(wouldSelect === '' && { failure: this.#failureOf(query, decision) }),
    };
  }

  /** Every account that could serve, in the order it would be tried; a kept binding comes before all. */
  #ranksOf(query: Query, step: CandidateQuery, action: Decision['action']): ReadonlyMap<string, number> {
    const order = action.kind === 'claim' ? action.candidates.map(({ accountId }) => accountId) : [];
    const ranks = new Map<string, number>();
    const rank = (id: string) => void (ranks.has(id) || ranks.set(id, ranks.size + 1));
    order.forEach(rank);
    if (query.requireSticky) return ranks;
    const { claimable } = this.#pools.of(query.catalog, step).plan({
      context: contextOf(query, step, new Looked()),
      limit: Number.POSITIVE_INFINITY,
      waitLimit: 0,
    });
    for (const { account } of claimable) rank(account.id);
    return ranks;
  }

  #failureOf(query: Query, decision: Decision): SelectionFailure {
    const attempts = [...(query.chain?.attempts ?? []), ...decision.passedOver];
    return toFailure(surveyPool(query, this.#pools), attempts);
  }

  /** The sums the decision needs and nobody has read yet; a selection would leave them in the store. */
  async #read(query: Query): Promise<ReadFigures> {
    const { looked } = decide(query, this.#pools);
    if (!looked.missedAny) return nothingRead;
    const { windowCostsMissing, quotasMissing } = looked;
    return readQuietly({ windowCosts: windowCostsMissing, quotas: quotasMissing }, query.nowMs, this.#deps);
  }
}

/** The model the decision settled on; the one asked for where it settled on none. */
function stepOf({ catalog, request, settings }: Query, action: Decision['action']): CandidateQuery {
  return action.kind === 'reject' ? modelSteps(catalog, request, settings.defaultPlatform)[0]! : action.step;
}
