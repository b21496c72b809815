import type { Account } from '../catalog/account.ts';
import type { CandidateQuery, Catalog } from '../catalog/catalog.ts';
import type { Chain, ChainAttempt, ChainRequest, ClaimCandidate } from '../ports/state-store.ts';
import { Looked, type ReadFigures, type SelectionContext } from '../selection/context.ts';
import { runningCooldown } from '../selection/figures.ts';
import { fullVerdict, isCooling, isWaitable } from '../selection/pipeline.ts';
import { planSelection } from '../selection/plan.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import type { RankRules } from '../selection/rank.ts';
import type { Verdict } from '../selection/verdict.ts';
import type { RoutingSettings } from './dependencies.ts';
import { modelSteps } from './model-steps.ts';
import { boundClaim, type PoolEntries } from './pool-entries.ts';

/** One question to the pool: everything a decision depends on but the figures. */
export interface Query {
  readonly catalog: Catalog;
  readonly request: ChainRequest;
  readonly requireSticky: boolean;
  /** What came before, where this is not a first attempt. */
  readonly chain: Chain | undefined;
  /** The session's account as far as is known; empty: none. */
  readonly boundAccountId: string;
  readonly nowMs: number;
  readonly salt: number;
  readonly read: ReadFigures;
  /** Whether other callers wait for the account's slots already. */
  isSpokenFor(accountId: string): boolean;
  readonly settings: RoutingSettings;
}

/** What to do, and what was learnt on the way. No side effect: asking twice gives the same answer. */
export interface Decision {
  readonly action: Action;
  /** Set where the session's account can't keep it, by what it was turned down for. */
  readonly lost: Lost | undefined;
  /** Whether that binding is to go even if nobody takes its place. */
  readonly dropBinding: boolean;
  /** Accounts passed over for their cooldown, before the one chosen. */
  readonly passedOver: readonly ChainAttempt[];
  readonly looked: Looked;
}

export interface Lost {
  readonly accountId: string;
  readonly verdict: Verdict;
}

export type Action =
  /** The first of these that still fits. */
  | { readonly kind: 'claim'; readonly step: CandidateQuery; readonly candidates: readonly ClaimCandidate[] }
  /** Nothing fits now, but one of these will; `bound`: it is the session's own account. */
  | {
      readonly kind: 'wait';
      readonly step: CandidateQuery;
      readonly entries: readonly PoolEntry[];
      readonly bound: boolean;
    }
  | { readonly kind: 'reject' };

/** How many accounts a claim is offered, and a caller waits for. */
export const shortList = 8;

/** Decides what a request gets, model by model: the session's account, else the best of the pool, else something to wait for. */
export function decide(query: Query, pools: PoolEntries): Decision {
  const { catalog, request, settings } = query;
  const steps = modelSteps(catalog, request, settings.defaultPlatform);
  const looked = new Looked();
  const passedOver: ChainAttempt[] = [];
  let lost: Lost | undefined;
  let dropBinding = false;
  const decision = (action: Action): Decision => ({ action, lost, dropBinding, passedOver, looked });

  for (const [index, step] of steps.entries()) {
    const context = contextOf(query, step, looked);
    const rules = rulesOf(query, step);
    const { routed } = rules;
    if (query.boundAccountId !== '') {
      const bound = judgeBound(query, step, context, pools);
      if (bound.entry !== undefined && (routed === undefined || routed.has(query.boundAccountId))) {
        if (bound.verdict === 'ELIGIBLE')
          return decision({ kind: 'claim', step, candidates: [boundClaim(bound.entry)] });
        const mayWait = bound.entry.figures.waiting < settings.scheduling.stickyMaxWaiting;
        if (isWaitable(bound.verdict) && (mayWait || query.requireSticky))
          return decision({ kind: 'wait', step, entries: [bound.entry], bound: true });
      }
      if (index === 0) {
        lost = { accountId: query.boundAccountId, verdict: bound.verdict };
        dropBinding = losesBinding(bound, query.requireSticky);
      }
    }
    if (query.requireSticky) continue;

    const plan = planSelection({
      entries: pools.of(catalog, step),
      context,
      rules,
      limit: shortList,
    });
    for (const entry of plan.passedOver) notePassedOver(passedOver, entry, step.model, query);
    if (plan.claimable.length > 0) {
      const candidates = plan.claimable.map((entry) =>
        entry.account.id === query.boundAccountId ? boundClaim(entry) : entry.claim,
      );
      return decision({ kind: 'claim', step, candidates });
    }
    if (plan.waitable.length > 0)
      return decision({ kind: 'wait', step, entries: plan.waitable, bound: false });
  }
  return decision({ kind: 'reject' });
}

/** How a step's accounts are ranked. */
export function rulesOf({ catalog, request, settings, salt }: Query, step: CandidateQuery): RankRules {
  const group = catalog.groups.get(request.groupId);
  const { tierFallback, fallbackSelection } = settings.scheduling;
  return {
    routed: group?.routingOf(step.model),
    tiers: group?.tierFallback ?? tierFallback,
    leastRecentlyUsed: fallbackSelection === 'least_recently_used',
    salt,
  };
}

/** The context of one step; the accounts this chain has tried for its model are out. */
export function contextOf(query: Query, step: CandidateQuery, looked: Looked): SelectionContext {
  const { request, chain, boundAccountId, nowMs, read, settings } = query;
  const excluded = request.excludedAccountIds;
  return {
    nowMs,
    platform: step.platform,
    platformForced: step.platformForced,
    model: step.model,
    excluded: excluded.length === 0 ? nobody : new Set(excluded),
    tried: chain === undefined ? nobody : triedFor(chain, step.model),
    faultyPlatforms: chain?.faultyPlatforms ?? noPlatforms,
    boundAccountId,
    // Only equality with a known session counts, so the parts may be joined in any way that keeps them apart.
    sessionKey: request.sessionId === '' ? '' : `${request.groupId}\0${request.sessionId}`,
    probeTimeoutMs: settings.cooldown.probeTimeoutMs,
    isSpokenFor: query.isSpokenFor,
    read,
    looked,
  };
}

const nobody: ReadonlySet<string> = new Set();
const noPlatforms: readonly string[] = [];

function triedFor(chain: Chain, model: string): ReadonlySet<string> {
  return new Set(
    chain.attempts
      .filter((attempt) => !attempt.skipped && attempt.model === model)
      .map(({ accountId }) => accountId),
  );
}

interface BoundJudgement {
  readonly verdict: Verdict;
  /** Undefined where the account is gone from the pool. */
  readonly entry: PoolEntry | undefined;
}

function judgeBound(
  query: Query,
  step: CandidateQuery,
  context: SelectionContext,
  pools: PoolEntries,
): BoundJudgement {
  const account = query.catalog.accounts.get(query.boundAccountId);
  if (account === undefined || !isIn(account, step.groupId)) return { verdict: 'DISABLED', entry: undefined };
  const entry = pools.entry(account, account.models.upstreamOf(step.model) ?? '', step);
  return { verdict: fullVerdict(entry, context), entry };
}

function isIn(account: Account, groupId: string): boolean {
  return groupId === '' ? account.groupIds.length === 0 : account.groupIds.includes(groupId);
}

/**
 * A binding goes when its account is gone, out of service or cooling. A caller that insists on the bound account keeps it
 * through a cooldown: told when the account is back, it would otherwise find the session bound to none.
 */
function losesBinding({ verdict, entry }: BoundJudgement, requireSticky: boolean): boolean {
  if (entry === undefined || verdict === 'DISABLED') return true;
  return isCooling(verdict) && !requireSticky;
}

function notePassedOver(
  passedOver: ChainAttempt[],
  { account, figures }: PoolEntry,
  model: string,
  { chain, nowMs }: Query,
): void {
  const known = (attempts: readonly ChainAttempt[]) =>
    attempts.some((attempt) => attempt.accountId === account.id && attempt.model === model);
  if (known(passedOver) || (chain !== undefined && known(chain.attempts))) return;
  passedOver.push({
    accountId: account.id,
    model,
    reason: runningCooldown(figures, model, nowMs)?.reason ?? 'UNKNOWN',
    skipped: true,
    durationMs: 0,
    platform: account.platform,
    fingerprint: '',
  });
}
