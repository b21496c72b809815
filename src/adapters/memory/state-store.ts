import {
  afterProbeLost,
  type CooldownTimings,
  gateOf,
  isForgotten,
  withProbe,
} from '../../failover/cooldown.ts';
import type { QuotaCache } from '../../ports/quota-cache.ts';
import type {
  AppliedCooldown,
  BindingSelector,
  ClaimCandidate,
  ClaimRequest,
  ClaimResult,
  ClaimSession,
  Lease,
  LeaseFate,
  SettleRequest,
  SettleResult,
  StateChange,
  StateStore,
} from '../../ports/state-store.ts';
import type { WindowCostCache } from '../../ports/window-cost-cache.ts';
import { claimVerdict } from '../../selection/admission.ts';
import { type ScheduleOverride, windowStartMs } from '../../selection/figures.ts';
import type { Verdict } from '../../selection/verdict.ts';
import { AccountFigures } from './account-figures.ts';
import { Bindings, sessionKeyOf } from './bindings.ts';
import { attemptOf, ChainSteps, extendedChain } from './chain-steps.ts';
import { type HeldLease, LeaseBook } from './lease-book.ts';
import { SettledLeases } from './settled-leases.ts';
import { type Step, settleRecords } from './settlement.ts';
import { createQuotaCache, createWindowCostCache } from './spend-caches.ts';

export interface MemoryStateOptions {
  readonly timings: CooldownTimings;
  /** How long a figure read from the ledger is trusted, in milliseconds. */
  readonly spendTtlMs: number;
  /** Bindings kept; the least recently used goes first. Default 1,000,000: about 200 MB when full. */
  readonly maxBindings?: number;
  /** Settled leases remembered, of each kind. Default 50,000: about 7 MB. */
  readonly maxSettled?: number;
}

/** State in this process: every step is synchronous, and so atomic. Nothing outlives the process but what the ledger has. */
export class MemoryStateStore implements StateStore {
  readonly degraded = false;
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
  readonly #timings: CooldownTimings;
  readonly #spendTtlMs: number;
  readonly #figures = new Map<string, AccountFigures>();
  readonly #bindings: Bindings;
  readonly #leases = new LeaseBook();
  readonly #settled: SettledLeases;
  readonly #steps = new ChainSteps();
  readonly #listeners = new Set<(change: StateChange) => void>();
  #lastUsedAt = 0;
  #forgottenAtMs = 0;

  constructor(options: MemoryStateOptions) {
    this.#timings = options.timings;
    this.#spendTtlMs = options.spendTtlMs;
    this.#bindings = new Bindings(options.maxBindings ?? 1_000_000);
    this.#settled = new SettledLeases(options.maxSettled ?? 50_000);
    const spendOf = (accountId: string) => this.figures(accountId).spend;
    this.windowCosts = createWindowCostCache(spendOf);
    this.quotas = createQuotaCache(spendOf);
  }

  figures(accountId: string): AccountFigures {
    let figures = this.#figures.get(accountId);
    if (figures === undefined) {
      figures = new AccountFigures(accountId, this.#spendTtlMs);
      this.#figures.set(accountId, figures);
    }
    return figures;
  }

  knownAccountIds(): Iterable<string> {
    return this.#figures.keys();
  }

  boundAccountId(groupId: string, sessionId: string, nowMs: number): string {
    return this.#bindings.accountOf(sessionKeyOf(groupId, sessionId), nowMs);
  }

  claim(request: ClaimRequest): ClaimResult {
    this.#expire(request.nowMs, false);
    if (request.requestKey !== '') {
      const lease = this.#leases.ofRequest(request.requestKey);
      if (lease !== undefined && lease.expiresAtMs > request.nowMs) return { kind: 'replayed', lease };
    }
    const { session } = request;
    const sessionKey = session === undefined ? '' : sessionKeyOf(request.groupId, session.sessionId);
    if (session?.verify) {
      const accountId = this.#bindings.accountOf(sessionKey, request.nowMs);
      if (accountId !== session.assumedAccountId) return { kind: 'binding_differs', accountId };
    }
    const verdicts: Verdict[] = [];
    for (const candidate of request.candidates) {
      const verdict = this.#claimVerdict(candidate, sessionKey, request);
      if (verdict === 'ELIGIBLE')
        return { kind: 'granted', lease: this.#grant(candidate, session, sessionKey, request) };
      verdicts.push(verdict);
    }
    return { kind: 'none', verdicts };
  }

  settle(request: SettleRequest): SettleResult {
    this.#expire(request.nowMs, false);
    const held = this.#leases.get(request.leaseId);
    // The ledger had booked it and nothing is known of it here: the process was restarted in between.
    const settledBefore = held === undefined && request.spend.kind === 'booked_before';
    const figures = this.figures(request.accountId);
    if (settledBefore || this.#settled.has(request.leaseId)) {
      // Told again because the ledger had failed: what it took only now is not in the figures yet.
      this.#spend(figures, request);
      return { duplicate: true, cooldown: undefined, platformFault: false, lease: undefined };
    }
    const lease = held?.lease ?? this.#settled.takeUnreported(request.leaseId);
    this.#release(held);
    if (request.upstreamWindow !== undefined) figures.upstreamWindow = request.upstreamWindow;
    this.#spend(figures, request);
    const { cooldown, platformFault, changed } = this.#judge(figures, lease, request);
    if (held !== undefined) this.#emit({ kind: 'slot_freed', accountId: request.accountId, expired: false });
    for (const accountId of changed) this.#emit({ kind: 'standing', accountId });
    return { duplicate: false, cooldown, platformFault, lease: held?.lease };
  }

  renew(leaseId: string, ttlMs: number, nowMs: number): { readonly expiresAtMs: number } | undefined {
    this.#expire(nowMs, true);
    const held = this.#leases.get(leaseId);
    if (held === undefined) return undefined;
    const lengthMs = ttlMs > 0 ? ttlMs : held.lease.ttlMs;
    this.#leases.extend(held, nowMs + lengthMs, lengthMs);
    return { expiresAtMs: nowMs + lengthMs };
  }

  abandon(leaseIds: Iterable<string>, nowMs: number): void {
    for (const leaseId of leaseIds) {
      const held = this.#leases.get(leaseId);
      if (held !== undefined) this.#drop(held, nowMs, false);
    }
  }

  fate(leaseId: string, nowMs: number): LeaseFate {
    this.#expire(nowMs, true);
    const held = this.#leases.get(leaseId);
    return held === undefined ? this.#settled.fateOf(leaseId) : { kind: 'held', lease: held.lease };
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    this.#settled.noteNext(leaseId, nextLeaseId);
  }

  expire(nowMs: number): number {
    this.#forget(nowMs);
    return this.#expire(nowMs, true);
  }

  leasesActive(): number {
    return this.#leases.size;
  }

  addWaiting(accountId: string, delta: number): void {
    this.figures(accountId).waiting += delta;
  }

  setOverride(accountId: string, override: ScheduleOverride): void {
    this.figures(accountId).override = override;
    this.#emit({ kind: 'standing', accountId });
  }

  clearCooldowns(selector: { accountId: string; model: string }, nowMs: number): number {
    const chosen =
      selector.accountId === '' ? [...this.#figures.values()] : [this.figures(selector.accountId)];
    let cleared = 0;
    for (const figures of chosen) {
      const running = figures.clearRecords(selector.model, nowMs);
      if (running === undefined) continue;
      cleared += running;
      this.#emit({ kind: 'standing', accountId: figures.accountId });
    }
    return cleared;
  }

  unbindSession({ groupId, sessionId, accountId }: BindingSelector, nowMs: number): void {
    const sessionKey = sessionKeyOf(groupId, sessionId);
    if (this.#bindings.accountOf(sessionKey, nowMs) !== accountId) return;
    this.#bindings.delete(sessionKey);
    this.figures(accountId).activeSessions.delete(sessionKey);
  }

  unbind({ groupId, sessionId, accountId }: BindingSelector, nowMs: number): void {
    if (groupId === '' && sessionId === '' && accountId !== '') {
      this.#bindings.deleteAccount(accountId);
      this.figures(accountId).activeSessions.clear();
      return;
    }
    for (const { sessionKey, boundTo } of this.#bindings.take({ groupId, sessionId, accountId }, nowMs))
      this.figures(boundTo).activeSessions.delete(sessionKey);
  }

  onChange(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  #claimVerdict(candidate: ClaimCandidate, sessionKey: string, { model, nowMs }: ClaimRequest): Verdict {
    const figures = this.figures(candidate.accountId);
    const query = { model, sessionKey, nowMs, probeTimeoutMs: this.#timings.probeTimeoutMs };
    const verdict = claimVerdict(candidate, figures, query);
    // A lease that ended in the bucket of this very moment still holds its slot: look closer before saying no.
    if (verdict !== 'CONCURRENCY_FULL' || this.#expire(nowMs, true) === 0) return verdict;
    return claimVerdict(candidate, figures, query);
  }

  #grant(
    candidate: ClaimCandidate,
    session: ClaimSession | undefined,
    sessionKey: string,
    request: ClaimRequest,
  ): Lease {
    const { nowMs, ttlMs } = request;
    const { accountId } = candidate;
    const figures = this.figures(accountId);
    const lease: Lease = {
      id: `${request.nonce}.${candidate.leaseSuffix}`,
      accountId,
      groupId: request.groupId,
      model: request.model,
      grantedAtMs: nowMs,
      expiresAtMs: nowMs + ttlMs,
      ttlMs,
      grant: {
        ...request.grant,
        sticky: stickyOf(session, accountId, request.grant.movedFrom !== undefined),
      },
    };
    figures.inFlight += 1;
    figures.requests.add(nowMs);
    // A fraction keeps the order of grants within one millisecond.
    this.#lastUsedAt = Math.max(nowMs, this.#lastUsedAt + 2 ** -10);
    figures.lastUsedAt = this.#lastUsedAt;
    if (session !== undefined) {
      const { assumedAccountId } = session;
      if (assumedAccountId !== '' && assumedAccountId !== accountId)
        this.figures(assumedAccountId).activeSessions.delete(sessionKey);
      this.#bindings.set(sessionKey, accountId, nowMs + session.ttlMs, nowMs);
      figures.activeSessions.touch(sessionKey, nowMs, candidate.sessionIdleMs);
    }
    for (const scope of ['ACCOUNT', 'ACCOUNT_MODEL'] as const) {
      const record = figures.record(scope, lease.model);
      if (record !== undefined && gateOf(record, nowMs, this.#timings.probeTimeoutMs) === 'probe_due')
        figures.setRecord(scope, lease.model, withProbe(record, lease.id, nowMs));
    }
    this.#leases.add(lease, request.requestKey);
    return lease;
  }

  #release(held: HeldLease | undefined): void {
    if (held === undefined) return;
    this.#leases.remove(held.lease.id);
    this.figures(held.lease.accountId).inFlight -= 1;
  }

  /** Ends a lease that nobody reported. */
  #drop(held: HeldLease, nowMs: number, expired: boolean): void {
    this.#release(held);
    this.#settled.addUnreported(held.lease);
    const { accountId, model, id } = held.lease;
    const figures = this.figures(accountId);
    for (const scope of ['ACCOUNT', 'ACCOUNT_MODEL'] as const) {
      const lost = afterProbeLost(figures.record(scope, model), id, {
        nowMs,
        probeTimeoutMs: this.#timings.probeTimeoutMs,
      });
      figures.setRecord(scope, model, lost);
    }
    this.#emit({ kind: 'slot_freed', accountId, expired });
  }

  #spend(figures: AccountFigures, { spend, nowMs }: SettleRequest): void {
    if (spend.kind === 'known') figures.spend.add(spend.costUsd, windowStartMs(figures, nowMs), nowMs);
    else if (spend.kind === 'unknown') figures.spend.forget();
  }

  /** Applies what the outcome says of the account's standing, and remembers the lease as settled. */
  #judge(
    figures: AccountFigures,
    lease: Lease | undefined,
    request: SettleRequest,
  ): { cooldown: AppliedCooldown | undefined; platformFault: boolean; changed: ReadonlySet<string> } {
    const { failure } = request;
    const chain = lease?.grant.chain;
    const sameFault = failure === undefined ? [] : this.#steps.sameFault(chain, failure, request.accountId);
    const platformFault = sameFault.length > 0;
    const steps = settleRecords(figures, request, { timings: this.#timings, blameless: platformFault });
    const changed = new Set(this.#steps.undo(sameFault));
    if (steps.length > 0) changed.add(request.accountId);

    if (failure === undefined) {
      this.#settled.add(request.leaseId);
      return { cooldown: undefined, platformFault, changed };
    }
    const attempt = attemptOf(request, failure);
    const step = steps.find(({ scope }) => scope === failure.effect?.scope);
    if (step?.after !== undefined) {
      // Taken back, a probe that told nothing is over all the same.
      const before = afterProbeLost(step.before, request.leaseId, {
        nowMs: request.nowMs,
        probeTimeoutMs: this.#timings.probeTimeoutMs,
      });
      this.#steps.note(attempt, {
        figures,
        model: request.model,
        scope: step.scope,
        before,
        after: step.after,
      });
    }
    this.#settled.addFailed(request.leaseId, extendedChain(lease, failure, { attempt, platformFault }));
    return { cooldown: platformFault ? undefined : appliedOf(step), platformFault, changed };
  }

  #expire(nowMs: number, exact: boolean): number {
    const expired = this.#leases.expired(nowMs, exact);
    for (const held of expired) this.#drop(held, nowMs, true);
    return expired.length;
  }

  /** Drops cooldown records that say nothing any more; once a minute is often enough, they only take room. */
  #forget(nowMs: number): void {
    if (nowMs - this.#forgottenAtMs < 60_000) return;
    this.#forgottenAtMs = nowMs;
    for (const figures of this.#figures.values())
      figures.dropRecords((record) => isForgotten(record, nowMs, this.#timings));
  }

  #emit(change: StateChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function appliedOf(step: Step | undefined): AppliedCooldown | undefined {
  if (step?.after === undefined) return undefined;
  const moved = step.before === undefined || step.after.untilMs > step.before.untilMs;
  return { scope: step.scope, record: step.after, moved };
}

/** `lost`: the session had a binding until this very request found it unfit. */
function stickyOf(
  session: ClaimSession | undefined,
  accountId: string,
  lost: boolean,
): Lease['grant']['sticky'] {
  if (session === undefined) return 'NONE';
  if (session.assumedAccountId === accountId) return 'KEPT';
  return session.assumedAccountId !== '' || lost ? 'MOVED' : 'BOUND';
}
