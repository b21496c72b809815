import type { Account } from '../catalog/account.ts';
import type { CooldownSource } from '../failover/cooldown.ts';
import type { CooldownScope, FailoverReason, UpstreamFailure } from '../failover/failure.ts';
import type { Awaitable } from '../ports/awaitable.ts';
import type { Verdict } from '../selection/verdict.ts';

/*
 * What the transport may ask, in domain words. Requests arrive here validated (lengths, signs, enums); ids are never
 * undefined, an empty string stands for "none". Times are milliseconds since the epoch, durations milliseconds.
 */

/** The call a request came with. */
export interface Call {
  /** True once the caller has gone away or its deadline has passed. */
  readonly cancelled: boolean;
  /** Runs `listener` when the caller goes away. Returns the unsubscription. */
  onCancel(listener: () => void): () => void;
}

export interface SelectRequest {
  readonly groupId: string;
  readonly model: string;
  readonly sessionId: string;
  readonly userId: string;
  /** Forces the platform; empty: the group's, else the default. */
  readonly platform: string;
  readonly excludedAccountIds: readonly string[];
  /** What the caller believes the session is bound to, and in which group it learnt so. */
  readonly prefetchedSticky?: { readonly accountId: string; readonly groupId: string };
  /** How long the caller would wait for a slot; 0: not at all. */
  readonly maxWaitMs: number;
  /** Idempotency key; empty: none. */
  readonly requestId: string;
  /** Lease of the attempt that failed; empty: a chain's first attempt. */
  readonly failoverFrom: string;
  /** 0: the default. */
  readonly leaseTtlMs: number;
  readonly includeCredential: boolean;
  readonly stickyPolicy: 'PREFER' | 'REQUIRE';
}

/** One attempt of a chain, or an account passed over for its cooldown. */
export interface Attempt {
  readonly accountId: string;
  readonly model: string;
  readonly reason: FailoverReason;
  readonly skipped: boolean;
  readonly durationMs: number;
}

export interface Selection {
  readonly account: Account;
  readonly upstreamModel: string;
  readonly lease: { readonly id: string; readonly expiresAtMs: number };
  readonly rateMultiplier: number;
  readonly sticky: StickyOutcome;
  readonly movedFrom?: { readonly accountId: string; readonly verdict: Verdict };
  /** 1-based place in the chain. */
  readonly attempt: number;
  /** Attempts before this one, the latest 32. */
  readonly attempts: readonly Attempt[];
  /** State could not be shared when this was decided. */
  readonly degraded: boolean;
  /** Empty unless asked for and allowed. */
  readonly credential: string;
}

/** NONE: no session; BOUND: a new binding; KEPT: the bound account; MOVED: another than the bound one. */
export type StickyOutcome = 'NONE' | 'BOUND' | 'KEPT' | 'MOVED';

export interface WaitPlan {
  readonly accountId: string;
  readonly maxConcurrency: number;
  readonly timeoutMs: number;
  readonly maxWaiting: number;
  readonly waiting: number;
}

/** Why nothing was selected. */
export interface SelectionFailure {
  readonly rejections: readonly { readonly verdict: Verdict; readonly count: number }[];
  /** The latest 32. */
  readonly attempts: readonly Attempt[];
  readonly attemptsOmitted: number;
  /** Undefined where no time is known. */
  readonly earliestAvailableMs?: number;
}

/** A refusal that is an expected outcome. `kind` decides the status code; the transport alone knows which. */
export interface Refusal {
  readonly kind:
    | 'invalid'
    | 'not_found'
    | 'exhausted'
    | 'precondition'
    | 'permission'
    | 'unavailable'
    | 'cancelled';
  /** Fit for the caller: no inner error, no secret. Names the field where one is at fault. */
  readonly message: string;
  readonly failure?: SelectionFailure;
}

export type SelectOutcome =
  /** `replayed`: a repeated request, which got the lease it had. */
  | { readonly kind: 'selection'; readonly selection: Selection; readonly replayed: boolean }
  | { readonly kind: 'wait_plan'; readonly plan: WaitPlan }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  /** USD; absent: computed from the price list. */
  readonly standardCostUsd?: number;
}

export interface ReportRequest {
  readonly leaseId: string;
  readonly outcome:
    | { readonly kind: 'success' }
    | { readonly kind: 'failure'; readonly failure: UpstreamFailure }
    | { readonly kind: 'cancelled' };
  readonly usage?: Usage;
  /** Names in lower case, at most 64. */
  readonly responseHeaders: ReadonlyMap<string, string>;
  readonly timeToFirstTokenMs: number;
  readonly durationMs: number;
  /** Select the chain's next account in the same call, where the failure allows one. */
  readonly selectNext: boolean;
}

export interface ReportAnswer {
  readonly duplicate: boolean;
  readonly classification?: {
    readonly reason: FailoverReason;
    readonly failover: boolean;
    readonly cooldown?: {
      readonly scope: CooldownScope;
      readonly untilMs: number;
      readonly source: CooldownSource;
    };
  };
  readonly next?: SelectOutcome;
}

export type ReportOutcome =
  | { readonly kind: 'reported'; readonly answer: ReportAnswer }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type RenewOutcome =
  | { readonly kind: 'renewed'; readonly lease: { readonly id: string; readonly expiresAtMs: number } }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface ModelEntry {
  readonly id: string;
  readonly platforms: readonly string[];
  readonly accountCount: number;
  /** Accounts of the model that could serve now; never cached. */
  readonly availableCount: number;
}

export type ListModelsOutcome =
  | { readonly kind: 'models'; readonly models: readonly ModelEntry[]; readonly unrestricted: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * The use cases behind RouterService. None rejects, or throws, for an expected outcome: that is a fault of remora's own. What is
 * decided within this process is answered without a promise.
 */
export interface Router {
  select(request: SelectRequest, call: Call): Awaitable<SelectOutcome>;
  report(request: ReportRequest, call: Call): Awaitable<ReportOutcome>;
  /** `ttlMs` 0: the lease's own. */
  renew(request: { readonly leaseId: string; readonly ttlMs: number }): Promise<RenewOutcome>;
  listModels(request: { readonly groupId: string; readonly platform: string }): Promise<ListModelsOutcome>;
  /** Frees leases whose caller is lost, without a report: a later report still books their usage. */
  abandon(leaseIds: Iterable<string>): Promise<void>;
}

export interface AccountState {
  readonly account: Account;
  readonly groupIds: readonly string[];
  readonly status: string;
  readonly schedulable: boolean;
  readonly inFlight: number;
  readonly waiting: number;
  readonly rpm: number;
  readonly windowCostUsd: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly quotaUsed: { readonly dailyUsd: number; readonly weeklyUsd: number; readonly totalUsd: number };
  readonly sessions: number;
  /** Undefined: never. */
  readonly lastUsedAtMs?: number;
  readonly cooldowns: readonly {
    readonly model: string;
    readonly reason: FailoverReason;
    readonly scope: CooldownScope;
    readonly source: CooldownSource;
    readonly untilMs: number;
    readonly failures: number;
  }[];
  readonly probing: boolean;
}

export interface Explanation {
  readonly accounts: readonly {
    readonly accountId: string;
    readonly verdict: Verdict;
    /** 1 is next; 0: not eligible. */
    readonly rank: number;
    readonly tier: number;
    readonly priority: number;
    readonly loadRate: number;
    readonly state: AccountState;
  }[];
  readonly stickyAccountId: string;
  /** Empty: none. */
  readonly wouldSelect: string;
  readonly failure?: SelectionFailure;
}

export type Answer<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The use cases behind AdminService. An empty field means any. */
export interface Admin {
  explain(request: SelectRequest): Promise<Answer<Explanation>>;
  listAccounts(request: {
    readonly groupId: string;
    readonly accountIds: readonly string[];
  }): Promise<Answer<readonly AccountState[]>>;
  setSchedulable(request: {
    readonly accountId: string;
    readonly schedulable: boolean;
    readonly reason: string;
  }): Promise<Answer<void>>;
  /** Answers how many cooldowns were running. */
  clearCooldowns(request: { readonly accountId: string; readonly model: string }): Promise<Answer<number>>;
  unbindSessions(request: {
    readonly groupId: string;
    readonly sessionId: string;
    readonly accountId: string;
  }): Promise<Answer<void>>;
  invalidateModels(request: { readonly groupId: string; readonly platform: string }): Promise<Answer<void>>;
  invalidateUserRates(request: { readonly userId: string; readonly groupId: string }): Promise<Answer<void>>;
}
