import type { CandidateQuery, Catalog } from '../catalog/catalog.ts';
import type { Chain, ChainAttempt, ChainRequest, ClaimCandidate } from '../ports/state-store.ts';
import { Looked, type ReadFigures, type SelectionContext } from '../selection/context.ts';
import { isCooling, isWaitable } from '../selection/pipeline.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import type { Verdict } from '../selection/verdict.ts';
import { type BoundJudgement, judgeBound, losesBinding } from './bound-account.ts';
import type { RoutingSettings } from './dependencies.ts';
import { modelSteps } from './model-steps.ts';
import { PassedOver } from './passed-over.ts';
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
  readonly read: ReadFigures;
  /** The account this caller counts as waiting at, while it waits. */
  readonly waitsAt?: string | undefined;
  /** Whether other callers wait for the account's slots already. */
  isSpokenFor(accountId: string): boolean;
  /** That they wait for none; absent: nobody knows. */
  readonly nobodyWaits?: boolean;
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

/** How many full accounts a caller waits for: a slot freed at any further one passes it by. */
const waitList = 64;

/** Decides what a request gets, model by model: the session's account, else the best of the pool, else something to wait for. */
export function decide(query: Query, pools: PoolEntries): Decision {
  const { catalog, request, settings, chain, nowMs, requireSticky, boundAccountId } = query;
  const looked = new Looked();
  const passedOver = new PassedOver(chain?.attempts ?? noAttempts, nowMs);
  let lost: Lost | undefined;
  let dropBinding = false;
  const decision = (action: Action): Decision => ({
    action,
    lost,
    dropBinding,
    passedOver: passedOver.attempts,
    looked,
  });

  for (const [index, step] of modelSteps(catalog, request, settings.defaultPlatform).entries()) {
    const context = contextOf(query, step, looked);
    const routed = catalog.groups.get(step.groupId)?.routingOf(step.model);
    const knownBefore = looked.windowCostsKnown;
    if (boundAccountId !== '') {
      const bound = judgeBound({ catalog, step, context, pools });
      if (mayKeep(bound, routed)) {
        if (bound.verdict === 'ELIGIBLE')
          return decision({ kind: 'claim', step, candidates: [boundClaim(bound.entry)] });
        if (isWaitable(bound.verdict) && (requireSticky || hasRoomToWait(bound.entry, query)))
          return decision({ kind: 'wait', step, entries: [bound.entry], bound: true });
        if (isCooling(bound.verdict)) passedOver.note(bound.entry, step.model);
      }
      if (index === 0) {
        lost = { accountId: boundAccountId, verdict: bound.verdict };
        dropBinding = losesBinding(bound, context, requireSticky);
      }
    }
    if (requireSticky) continue;

    // The walk over the pool meets the session's account again: it is looked at once.
    looked.windowCostsKnown = knownBefore;
    const plan = pools.of(catalog, step).plan({
      context,
      limit: pools.candidatesWorth,
      waitLimit: waitList,
    });
    passedOver.noteAll(plan.passedOver, step.model);
    if (plan.claimable.length > 0) {
      const candidates = plan.claimable.map((entry) =>
        entry.account.id === boundAccountId ? boundClaim(entry) : entry.claim,
      );
      return decision({ kind: 'claim', step, candidates });
    }
    if (plan.waitable.length > 0)
      return decision({ kind: 'wait', step, entries: plan.waitable, bound: false });
  }
  return decision({ kind: 'reject' });
}

/** Where the group routes the model, a session is kept only by an account the routing names. */
function mayKeep(
  bound: BoundJudgement,
  routed: ReadonlySet<string> | undefined,
): bound is BoundJudgement & { readonly entry: PoolEntry } {
  return bound.entry !== undefined && (routed === undefined || routed.has(bound.entry.account.id));
}

/** A caller that waits there already does not stand in its own way. */
function hasRoomToWait({ account, figures }: PoolEntry, { waitsAt, settings }: Query): boolean {
  const others = figures.waiting - (waitsAt === account.id ? 1 : 0);
  return others < settings.scheduling.stickyMaxWaiting;
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
    nobodyWaits: query.nobodyWaits ?? false,
    read,
    looked,
  };
}

const nobody: ReadonlySet<string> = new Set();
const noPlatforms: readonly string[] = [];
const noAttempts: readonly ChainAttempt[] = [];

function triedFor(chain: Chain, model: string): ReadonlySet<string> {
  return new Set(
    chain.attempts
      .filter((attempt) => !attempt.skipped && attempt.model === model)
      .map(({ accountId }) => accountId),
  );
}
