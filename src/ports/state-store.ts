import type { CooldownEffect, CooldownRecord } from '../failover/cooldown.ts';
import type { CooldownScope, FailoverReason, UpstreamWindow } from '../failover/failure.ts';
import type { Figures, ScheduleOverride } from '../selection/figures.ts';
import type { FiguresLog } from '../selection/figures-log.ts';
import type { Verdict } from '../selection/verdict.ts';
import type { Awaitable } from './awaitable.ts';
import type { QuotaCache } from './quota-cache.ts';
import type { WindowCostCache } from './window-cost-cache.ts';

/*
 * What sidecars share: leases, bindings, cooldowns, the figures of each account. Time is passed in and expiry is data: nothing
 * here depends on a timer having run. Every method that changes something is one atomic step.
 */

/** The request that began a chain: what later attempts inherit. */
export interface ChainRequest {
  readonly groupId: string;
  readonly model: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly platform: string;
  readonly excludedAccountIds: readonly string[];
  readonly leaseTtlMs: number;
}

export interface ChainAttempt {
  readonly accountId: string;
  readonly model: string;
  readonly reason: FailoverReason;
  /** Passed over for its cooldown. */
  readonly skipped: boolean;
  readonly durationMs: number;
  readonly platform: string;
  /** Equal for two answers that show the same fault; empty: none. */
  readonly fingerprint: string;
  /** The lease that failed; absent for an account passed over. */
  readonly leaseId?: string;
}

/** The attempts made for one request, first to last. */
export interface Chain {
  readonly request: ChainRequest;
  readonly attempts: readonly ChainAttempt[];
  /** Platforms that answered two accounts with the same fault: no more of their accounts in this chain. */
  readonly faultyPlatforms: readonly string[];
  /** Set once a failure allows no further attempt. */
  readonly ended: boolean;
}

/** One concurrency slot of one account, as the store remembers it. */
export interface Lease {
  readonly id: string;
  readonly accountId: string;
  readonly groupId: string;
  /** The model in remora's terms: the requested one, or the fallback in its place. */
  readonly model: string;
  readonly grantedAtMs: number;
  /** The lease is over from this very moment. */
  readonly expiresAtMs: number;
  /** What it was granted for; a renewal does not change it. */
  readonly ttlMs: number;
  readonly grant: Grant;
}

/** What the claimant wants remembered with its lease, to answer a repeated request and to go on with the chain. */
export interface Grant {
  readonly request: ChainRequest;
  /** The chain before this attempt; undefined for a first one. */
  readonly chain: Chain | undefined;
  /** 1-based. */
  readonly attempt: number;
  /** Accounts passed over for their cooldown on the way to this one. */
  readonly passedOver: readonly ChainAttempt[];
  readonly sticky: 'NONE' | 'BOUND' | 'KEPT' | 'MOVED';
  /** Set with MOVED alone. */
  readonly movedFrom: { readonly accountId: string; readonly verdict: Verdict } | undefined;
}

/** An account to claim, with the limits that hold for this request (leniency for bound sessions is already in them). */
export interface ClaimCandidate {
  readonly accountId: string;
  /** The account's, as the store gave them, where the claimant has them at hand: the store need not look them up. */
  readonly figures?: Figures;
  /** What follows the nonce in the lease's id. */
  readonly leaseSuffix: string;
  /** 0: none, in each of the three. */
  readonly concurrency: number;
  readonly rpmLimit: number;
  readonly sessionLimit: number;
  readonly sessionIdleMs: number;
}

export interface ClaimRequest {
  readonly nowMs: number;
  readonly nonce: string;
  readonly ttlMs: number;
  readonly groupId: string;
  readonly model: string;
  /** Empty: no idempotency. */
  readonly requestKey: string;
  readonly session: ClaimSession | undefined;
  /** Best first, a short list; may be empty to ask for a repeated request alone. */
  readonly candidates: readonly ClaimCandidate[];
  /** With `movedFrom` as the claimant found it; dropped where the session does not move away from that account after all. */
  readonly grant: Omit<Grant, 'sticky'>;
}

export interface ClaimSession {
  readonly sessionId: string;
  readonly ttlMs: number;
  /** The account the claimant took the session to be bound to; empty: none. */
  readonly assumedAccountId: string;
  /** Whether the store's binding must be that; false where the caller brought the binding along. */
  readonly verify: boolean;
}

export type ClaimResult =
  | { readonly kind: 'granted'; readonly lease: Lease }
  /** The request was granted before, and that lease lives. */
  | { readonly kind: 'replayed'; readonly lease: Lease }
  /** The session is bound to another account than assumed (empty: to none). Nothing was changed. */
  | { readonly kind: 'binding_differs'; readonly accountId: string }
  /** No candidate fits. Why, in the candidates' order. */
  | { readonly kind: 'none'; readonly verdicts: readonly Verdict[] };

export interface SettleRequest {
  readonly leaseId: string;
  readonly accountId: string;
  readonly groupId: string;
  readonly model: string;
  readonly grantedAtMs: number;
  readonly nowMs: number;
  readonly outcome: 'success' | 'failure' | 'cancelled';
  readonly spend: Spend;
  /** The provider's present window, where its answer told. */
  readonly upstreamWindow: UpstreamWindow | undefined;
  /** Set with outcome `failure`. */
  readonly failure: SettledFailure | undefined;
}

/**
 * What the report does to the account's cost figures. `known`: the ledger has booked it just now, so add it, even where the report
 * itself is a duplicate (of one whose booking had failed). `unknown`: the ledger could not say, so the figures must be read anew.
 * `booked_before`: the ledger had it already; where nothing is known of the lease, the report is a duplicate.
 */
export type Spend =
  | { readonly kind: 'known'; readonly costUsd: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'booked_before' }
  | { readonly kind: 'none' };

export interface SettledFailure {
  readonly reason: FailoverReason;
  /** Whether the chain may go on. */
  readonly failover: boolean;
  readonly effect: CooldownEffect | undefined;
  readonly platform: string;
  readonly fingerprint: string;
  readonly durationMs: number;
  /** What the chain began with where the store no longer knows the lease. */
  readonly request: ChainRequest;
}

export interface SettleResult {
  /** The lease was settled before; nothing but the spend was looked at. */
  readonly duplicate: boolean;
  /** The cooldown that stands after this failure. */
  readonly cooldown: AppliedCooldown | undefined;
  /** Two accounts of one platform gave the same fault in this chain: neither is blamed. */
  readonly platformFault: boolean;
  /** The lease, where it was held until now. */
  readonly lease: Lease | undefined;
}

export interface AppliedCooldown {
  readonly scope: CooldownScope;
  readonly record: CooldownRecord;
  /** Whether this failure began it, or moved its end. */
  readonly moved: boolean;
}

/** What is known of a lease that was settled, or is held. */
export type LeaseFate =
  | { readonly kind: 'held'; readonly lease: Lease }
  /** Settled with a failure; the chain includes that attempt. `nextLeaseId` is the attempt that followed, if any. */
  | { readonly kind: 'failed'; readonly chain: Chain; readonly nextLeaseId: string }
  | { readonly kind: 'settled' }
  | { readonly kind: 'unknown' };

export type StateChange =
  /** `expired`: its lease was never reported. */
  | { readonly kind: 'slot_freed'; readonly accountId: string; readonly expired: boolean }
  /** A cooldown began, ended or moved; a probe came back; an override changed. */
  | { readonly kind: 'standing'; readonly accountId: string };

export interface BindingSelector {
  readonly groupId: string;
  readonly sessionId: string;
  readonly accountId: string;
}

export interface StateStore {
  /** The live figures of an account: the same object at every call, known to be at most 1 s behind the other sidecars. */
  figures(accountId: string): Figures;
  /**
   * Told of every account whose figures change, at once: by claims and reports, leases that end, waiting callers, cooldowns, probes,
   * overrides, windows and sums. Its sessions are not told of, nor what is due to time alone. Another log than before: any figure
   * may have changed.
   */
  readonly figuresLog: FiguresLog;
  /** How many candidates a claim is worth being offered: more than one only where figures may be behind the store's. */
  readonly candidatesWorth: number;
  /** The account a session was last seen bound to; empty: none. A claim settles whether that is so. */
  boundAccountId(groupId: string, sessionId: string, nowMs: number): string;
  claim(request: ClaimRequest): Awaitable<ClaimResult>;
  settle(request: SettleRequest): Awaitable<SettleResult>;
  /** Gives the lease `ttlMs` (0: its own) from now; undefined where it is not held. */
  renew(
    leaseId: string,
    ttlMs: number,
    nowMs: number,
  ): Awaitable<{ readonly expiresAtMs: number } | undefined>;
  /**
   * Frees the slots of leases whose callers are lost. Like those that expired they count as unknown from then on, but a failure of one
   * that is reported late goes on with its chain.
   */
  abandon(leaseIds: Iterable<string>, nowMs: number): Awaitable<void>;
  fate(leaseId: string, nowMs: number): Awaitable<LeaseFate>;
  /** The lease where it is held, in a store that knows without asking; all it says of itself, its id says too, but must be read. */
  heldLease?(leaseId: string): Lease | undefined;
  /** Notes which lease followed a failed one, so that a repeated report answers the same. */
  noteNext(leaseId: string, nextLeaseId: string): Awaitable<void>;
  /** Ends leases that are over. Answers how many. */
  expire(nowMs: number): Awaitable<number>;
  leasesActive(): number;

  /** Callers that wait here for an account's slot. */
  addWaiting(accountId: string, delta: number): void;
  setOverride(accountId: string, override: ScheduleOverride): Awaitable<void>;
  /** Drops cooldowns with their counts and probes; an empty account or model means any. Answers how many were running. */
  clearCooldowns(selector: { accountId: string; model: string }, nowMs: number): Awaitable<number>;
  /** Deletes the session's binding where it is still to that account. Here an empty group is the group of no name. */
  unbindSession(binding: BindingSelector, nowMs: number): Awaitable<void>;
  /** Deletes bindings; an empty field means any. */
  unbind(selector: BindingSelector, nowMs: number): Awaitable<void>;
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
  /** True while state can't be shared with the other sidecars. */
  readonly degraded: boolean;
  /** Runs `listener` after each change that may let a waiting caller go on. Returns the unsubscription. */
  onChange(listener: (change: StateChange) => void): () => void;
  close(): Promise<void>;
}
