import type { Account } from '../catalog/account.ts';
import type { CandidateQuery } from '../catalog/catalog.ts';
import { Looked, nothingRead, type ReadFigures } from '../selection/context.ts';
import { windowStartMs } from '../selection/figures.ts';
import { fullVerdict } from '../selection/pipeline.ts';
import { planSelection } from '../selection/plan.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import { loadRateOf } from '../selection/rank.ts';
import type { Verdict } from '../selection/verdict.ts';
import { accountStates } from './account-state.ts';
import type { Answer, Explanation, SelectionFailure, SelectRequest } from './api.ts';
import { resumeChain } from './chain.ts';
import { contextOf, type Decision, decide, type Query, rulesOf } from './decide.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { modelSteps } from './model-steps.ts';
import type { PoolEntries } from './pool-entries.ts';
import { toFailure, unknownGroup } from './refusals.ts';
import { originOf, prefetchedOf } from './select-request.ts';
import { surveyPool } from './survey.ts';
import type { WaitQueue } from './wait-queue.ts';

/** Tells what a selection would do, by the selection's own decision, and why each account is or is not in it. Changes nothing. */
export class Explain {
  readonly #deps: RoutingDependencies;
  readonly #pools: PoolEntries;
  readonly #queue: WaitQueue;

  constructor(deps: RoutingDependencies, pools: PoolEntries, queue: WaitQueue) {
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
      salt: this.#deps.salts.peek(),
      read: nothingRead,
      isSpokenFor: (accountId) => this.#queue.hasWaiters(accountId),
      settings: this.#deps.settings,
    };
    const query = { ...blind, read: await this.#readQuietly(blind) };
    const decision = decide(query, this.#pools);
    return { kind: 'done', value: await this.#explanation(query, decision) };
  }

  async #explanation(query: Query, decision: Decision): Promise<Explanation> {
    const { catalog, request, boundAccountId } = query;
    const { action } = decision;
    const step = stepOf(query, action);
    const context = contextOf(query, step, new Looked());
    const accounts = catalog.pool(request.groupId);
    const ranks = this.#ranksOf(query, step, action);
    const states = await accountStates(accounts, this.#deps);
    return {
      accounts: accounts.map((account, index) => {
        const entry = this.#entryOf(account, step);
        const verdict: Verdict = fullVerdict(entry, context);
        return {
          accountId: account.id,
          verdict,
          rank: ranks.get(account.id) ?? 0,
          tier: account.tier,
          priority: account.priority,
          loadRate: loadRateOf(account.loadFactor, entry.figures),
          state: states[index]!,
        };
      }),
      stickyAccountId: boundAccountId,
      wouldSelect: action.kind === 'claim' ? (action.candidates[0]?.accountId ?? '') : '',
      ...(action.kind === 'reject' && { failure: this.#failureOf(query, decision) }),
    };
  }

  /** Every account that could serve, in the order it would be tried; a kept binding comes before all. */
  #ranksOf(query: Query, step: CandidateQuery, action: Decision['action']): ReadonlyMap<string, number> {
    const entries = this.#pools.of(query.catalog, step);
    const plan = planSelection({
      entries,
      context: contextOf(query, step, new Looked()),
      rules: rulesOf(query, step),
      limit: Math.max(1, entries.length),
    });
    const order = action.kind === 'claim' ? action.candidates.map(({ accountId }) => accountId) : [];
    const ids = query.requireSticky ? order : [...order, ...plan.claimable.map(({ account }) => account.id)];
    const ranks = new Map<string, number>();
    for (const id of ids) if (!ranks.has(id)) ranks.set(id, ranks.size + 1);
    return ranks;
  }

  #entryOf(account: Account, step: CandidateQuery): PoolEntry {
    return this.#pools.entry(account, account.models.upstreamOf(step.model) ?? '', step);
  }

  #failureOf(query: Query, decision: Decision): SelectionFailure {
    const attempts = [...(query.chain?.attempts ?? []), ...decision.passedOver];
    return toFailure(surveyPool(query, this.#pools), attempts);
  }

  /** The sums the decision needs and nobody has read yet, straight from the ledger; a selection would leave them in the store. */
  async #readQuietly(query: Query): Promise<ReadFigures> {
    const { looked } = decide(query, this.#pools);
    if (!looked.missedAny) return nothingRead;
    const { ledger, state } = this.#deps;
    const { nowMs } = query;
    const windowCosts = new Map<string, number>();
    const byStart = Map.groupBy(looked.windowCostsMissing, ({ id }) =>
      windowStartMs(state.figures(id), nowMs),
    );
    try {
      for (const [startMs, accounts] of byStart)
        for (const [id, cost] of await ledger.windowCosts(idsOf(accounts), startMs))
          windowCosts.set(id, cost);
      const quotas =
        looked.quotasMissing.length === 0
          ? nothingRead.quotas
          : await ledger.quotaUse(idsOf(looked.quotasMissing), nowMs);
      return { windowCosts, quotas };
    } catch {
      // As in a selection: what can't be read leaves its account open.
      return { windowCosts, quotas: nothingRead.quotas };
    }
  }
}

function idsOf(accounts: readonly Account[]): readonly string[] {
  return [...new Set(accounts.map(({ id }) => id))];
}

/** The model the decision settled on; the one asked for where it settled on none. */
function stepOf({ catalog, request, settings }: Query, action: Decision['action']): CandidateQuery {
  return action.kind === 'reject' ? modelSteps(catalog, request, settings.defaultPlatform)[0]! : action.step;
}
