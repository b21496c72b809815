import { type Awaitable, andThen } from '../ports/awaitable.ts';
import type { ClaimRequest, ClaimResult, ClaimSession, Lease } from '../ports/state-store.ts';
import { nothingRead, type ReadFigures } from '../selection/context.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import type { Refusal, WaitPlan } from './api.ts';
import type { Attempt } from './attempt.ts';
import { type Action, type Decision, decide, type Query } from './decide.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { countLooked, readMissing } from './figures-read.ts';
import type { PoolEntries } from './pool-entries.ts';
import { type PoolReading, PoolReads } from './pool-reads.ts';
import { refusalOf } from './refusals.ts';
import { surveyPool } from './survey.ts';
import type { LineView, Spot } from './wait-queue.ts';

/** What one try came to. */
export type Step =
  | { readonly kind: 'granted'; readonly lease: Lease; readonly replayed: boolean }
  | WaitStep
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface WaitStep {
  readonly kind: 'wait';
  readonly plan: WaitPlan;
  readonly spot: Spot;
  readonly query: Query;
}

/** Tries that others' claims, or a binding that moved meanwhile, may spoil before a call gives up and waits. */
const triesMax = 8;

/** Turns decisions into claims. The figures a decision goes by may be behind the store's; the store has the last word. */
export class Claims {
  readonly #deps: RoutingDependencies;
  readonly #pools: PoolEntries;
  readonly #reads: PoolReads;

  constructor(deps: RoutingDependencies, pools: PoolEntries) {
    this.#deps = deps;
    this.#pools = pools;
    this.#reads = new PoolReads(deps);
  }

  /** Decides and claims until a claim stands, or there is nothing to claim. */
  tryOnce(attempt: Attempt, view: LineView, tries = 1): Awaitable<Step> {
    return andThen(this.#decide(attempt, view), (decided) => {
      const { query, decision } = decided;
      attempt.lost = decision.lost ?? attempt.lost;
      // A repeated request gets its lease again even where no account could take a new one.
      if (decision.action.kind !== 'claim' && attempt.requestKey === '')
        return this.#otherwise(attempt, view, decided, tries);
      return andThen(this.#claim(attempt, this.#claimRequest(attempt, query, decision)), (result) => {
        if (result.kind === 'granted' || result.kind === 'replayed')
          return this.#granted(attempt, query, result);
        const mayTryAgain = tries < triesMax;
        if (result.kind === 'binding_differs') {
          attempt.corrected = result.accountId;
          // What was found unfit is not the session's account after all.
          attempt.lost = undefined;
          if (mayTryAgain) return this.tryOnce(attempt, view, tries + 1);
        } else if (decision.action.kind === 'claim' && mayTryAgain) {
          return this.tryOnce(attempt, view, tries + 1);
        }
        return this.#otherwise(attempt, view, decided, tries);
      });
    });
  }

  /** Without a claim: a place in line, or the refusal. */
  async #otherwise(
    attempt: Attempt,
    view: LineView,
    { query, decision, decidedAt }: Decided,
    tries: number,
  ): Promise<Step> {
    const { action } = decision;
    // A lease whose time is up, or a slot freed at another sidecar, may be all that stands in the way: regular sweeps come a
    // little late for it. What was learnt meanwhile calls for another decision: the accounts to stand in line at are others.
    if (action.kind === 'wait' && tries === 1) {
      const ended = await this.#deps.state.expire(query.nowMs);
      if (ended > 0 || view.moment !== decidedAt) return this.tryOnce(attempt, view, tries + 1);
    }
    this.#countSticky(attempt, query);
    if (decision.dropBinding) await this.#dropBinding(attempt, query);
    if (action.kind === 'wait') return this.#waitStep(action, query, decidedAt);
    return this.refuse(attempt, query);
  }

  /** A claim reads the session's binding too; where the store can't be asked, that read has failed. */
  #claim(attempt: Attempt, request: ClaimRequest): Awaitable<ClaimResult> {
    const result = this.#deps.state.claim(request);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      if (request.session?.verify && !attempt.stickyCounted)
        this.#deps.metrics.selection.stickyReads('error');
      attempt.stickyCounted = true;
      throw error;
    });
  }

  /** Whether the queue a caller is to join has room for it as of now, whatever it had when that was decided. */
  hasRoom({ plan }: WaitStep): boolean {
    return this.#deps.state.figures(plan.accountId).waiting < plan.maxWaiting;
  }

  /** The refusal of a request that found nothing, with why, account by account, as of now. */
  refuse(attempt: Attempt, asked: Query): Extract<Step, { kind: 'refused' }> {
    const query = { ...asked, nowMs: this.#deps.clock.now() };
    const survey = surveyPool(query, this.#pools);
    for (const [verdict, count] of survey.counts) this.#deps.metrics.selection.rejections(verdict, count);
    const before = attempt.chain?.attempts ?? [];
    const attempts = [...before, ...decide(query, this.#pools).passedOver];
    const { groupId, model } = attempt.origin;
    return {
      kind: 'refused',
      refusal: refusalOf(survey, attempts, { groupId, model, requireSticky: query.requireSticky }),
    };
  }

  /** When looking again may find more, if nothing else happens. */
  nextOpeningMs(query: Query): number | undefined {
    return surveyPool(query, this.#pools).earliestMs;
  }

  /** The decision on figures that are known: those that are missing are read first, or waited for where they are being read. */
  #decide(attempt: Attempt, view: LineView): Awaitable<Decided> {
    const query = this.#query(attempt, view);
    const asksPool = query.boundAccountId === '' && query.chain === undefined;
    const underWay = asksPool ? this.#reads.underWay(attempt.origin, query.nowMs) : undefined;
    if (underWay !== undefined) return underWay.then((reading) => this.#decideWith(reading, attempt, view));
    const decision = decide(query, this.#pools);
    countLooked(decision.looked, this.#deps);
    const known = { query, decision, decidedAt: view.moment };
    if (!decision.looked.missedAny)
      return this.#deps.state.candidatesWorth > 1 ? this.#offered(known) : known;
    const { looked } = decision;
    // Whoever begins a read is the first that it serves.
    return asksPool
      ? this.#reads
          .begin(attempt.origin, looked, query.nowMs)
          .then(({ read }) => this.#informed(read, attempt, view))
      : readMissing(looked, query.nowMs, this.#deps).then((read) => this.#informed(read, attempt, view));
  }

  /** The decision of one that waited for what another reads; what that did not ask for is read now. */
  #decideWith(reading: PoolReading, attempt: Attempt, view: LineView): Awaitable<Decided> {
    const decided = this.#informed(reading.read, attempt, view);
    const { looked } = decided.decision;
    countLooked(looked, this.#deps);
    if (!looked.missedAny || reading.covers(looked)) return decided;
    return readMissing(looked, decided.query.nowMs, this.#deps).then((figures) =>
      this.#informed(figures, attempt, view),
    );
  }

  #informed(read: ReadFigures, attempt: Attempt, view: LineView): Decided {
    const query = { ...this.#query(attempt, view), read };
    return this.#offered({ query, decision: decide(query, this.#pools), decidedAt: view.moment });
  }

  /** Where others decide before the claim is answered. */
  #offered(decided: Decided): Decided {
    const { query, decision } = decided;
    if (decision.action.kind === 'claim') this.#pools.offered(query.catalog, decision.action);
    return decided;
  }

  #query(attempt: Attempt, { isSpokenFor, nobodyWaits, waitsAt }: LineView): Query {
    const { catalog, clock, settings } = this.#deps;
    const nowMs = clock.now();
    return {
      catalog: catalog.current(),
      request: attempt.origin,
      requireSticky: attempt.request.stickyPolicy === 'REQUIRE',
      chain: attempt.chain,
      boundAccountId: this.#boundAccountId(attempt, nowMs),
      nowMs,
      read: nothingRead,
      waitsAt,
      isSpokenFor,
      nobodyWaits,
      settings,
    };
  }

  #boundAccountId({ prefetched, corrected, origin }: Attempt, nowMs: number): string {
    if (prefetched !== undefined) return prefetched;
    if (origin.sessionId === '') return '';
    return corrected ?? this.#deps.state.boundAccountId(origin.groupId, origin.sessionId, nowMs);
  }

  #claimRequest(attempt: Attempt, query: Query, { action, passedOver }: Decision): ClaimRequest {
    const { nextNonce, settings } = this.#deps;
    const { origin, chain, requestKey, lost } = attempt;
    const { nowMs } = query;
    const real = chain?.attempts.filter(({ skipped }) => !skipped).length ?? 0;
    return {
      nowMs,
      nonce: nextNonce(nowMs),
      ttlMs: origin.leaseTtlMs > 0 ? origin.leaseTtlMs : settings.scheduling.leaseTtlMs,
      groupId: origin.groupId,
      model: action.kind === 'claim' ? action.step.model : origin.model,
      requestKey,
      session: this.#session(attempt, query),
      candidates: action.kind === 'claim' ? action.candidates : [],
      grant: { request: origin, chain, attempt: real + 1, passedOver, movedFrom: lost },
    };
  }

  #session({ origin, prefetched }: Attempt, query: Query): ClaimSession | undefined {
    if (origin.sessionId === '') return undefined;
    return {
      sessionId: origin.sessionId,
      ttlMs: this.#deps.settings.scheduling.stickyTtlMs,
      assumedAccountId: query.boundAccountId,
      verify: prefetched === undefined,
    };
  }

  #granted(
    attempt: Attempt,
    query: Query,
    { lease, kind }: Extract<ClaimResult, { kind: 'granted' | 'replayed' }>,
  ): Step {
    this.#countSticky(attempt, query);
    const { metrics } = this.#deps;
    const { sticky } = lease.grant;
    if (kind === 'granted' && sticky !== 'NONE') metrics.selection.stickyChanges(stickyChange[sticky]);
    return { kind: 'granted', lease, replayed: kind === 'replayed' };
  }

  /** A session's binding is read once a call, however often the call tries. */
  #countSticky(attempt: Attempt, query: Query): void {
    if (attempt.stickyCounted) return;
    attempt.stickyCounted = true;
    const { selection } = this.#deps.metrics;
    if (attempt.prefetched !== undefined) selection.stickyReads('prefetched');
    else if (attempt.origin.sessionId !== '')
      selection.stickyReads(query.boundAccountId === '' ? 'miss' : 'hit');
  }

  #waitStep(action: Extract<Action, { kind: 'wait' }>, query: Query, decidedAt: number): WaitStep {
    const { scheduling } = this.#deps.settings;
    const maxWaiting = action.bound ? scheduling.stickyMaxWaiting : scheduling.fallbackMaxWaiting;
    const isFull = ({ claim, figures }: PoolEntry) =>
      (claim.concurrency > 0 && figures.inFlight >= claim.concurrency) || query.isSpokenFor(claim.accountId);
    const lines = action.entries.filter(isFull).map(({ account }) => account.id);
    // Who waits stays where it counts. Else: the best account whose queue has room; where none has, the best is named all the same.
    const entry =
      action.entries.find(({ account }) => account.id === query.waitsAt) ??
      action.entries.find(({ figures }) => figures.waiting < maxWaiting) ??
      action.entries[0]!;
    const { account } = entry;
    const plan = {
      accountId: account.id,
      maxConcurrency: account.concurrency,
      timeoutMs: action.bound ? scheduling.stickyWaitTimeoutMs : scheduling.fallbackWaitTimeoutMs,
      maxWaiting,
      waiting: waitingAt(entry, query),
    };
    return { kind: 'wait', plan, spot: { home: account.id, lines, decidedAt }, query };
  }

  async #dropBinding(attempt: Attempt, query: Query): Promise<void> {
    const { groupId, sessionId } = attempt.origin;
    if (sessionId === '') return;
    attempt.corrected = undefined;
    const { state, metrics } = this.#deps;
    const { boundAccountId, nowMs } = query;
    // What the caller brought along may not be what the store has, and what was cleared before is not cleared again.
    if (state.boundAccountId(groupId, sessionId, nowMs) !== boundAccountId) return;
    await state.unbindSession({ groupId, sessionId, accountId: boundAccountId }, nowMs);
    metrics.selection.stickyChanges('cleared');
  }
}

interface Decided {
  readonly query: Query;
  readonly decision: Decision;
  readonly decidedAt: number;
}

/** The others that wait at the account. */
function waitingAt({ account, figures }: PoolEntry, { waitsAt }: Query): number {
  return figures.waiting - (waitsAt === account.id ? 1 : 0);
}

const stickyChange = { BOUND: 'bound', KEPT: 'kept', MOVED: 'moved' } as const;
