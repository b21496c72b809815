import { afterEach, beforeEach, expect } from 'vitest';
import type { CooldownTimings } from '../../src/failover/cooldown.ts';
import { type CooldownPolicy, cooldownEffect } from '../../src/failover/cooldown-policy.ts';
import type { CooldownScope, FailoverReason } from '../../src/failover/failure.ts';
import type {
  ClaimCandidate,
  ClaimRequest,
  ClaimResult,
  ClaimSession,
  Lease,
  SettledFailure,
  SettleRequest,
  SettleResult,
  StateChange,
  StateStore,
} from '../../src/ports/state-store.ts';
import { leaseSuffix } from '../../src/routing/lease-id.ts';

/** What a store under test is made with. */
export interface StateStoreOptions {
  readonly timings: CooldownTimings;
  /** How long a figure read from the ledger is trusted, in milliseconds. */
  readonly spendTtlMs: number;
}

export interface StateStoreUnderTest {
  readonly store: StateStore;
  /** Closes the store and removes what it kept elsewhere. */
  close(): Promise<void>;
}

/** Makes an empty store. */
export type CreateStateStore = (options: StateStoreOptions) => Promise<StateStoreUnderTest>;

export const secondMs = 1_000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;

/** A Monday, 12:00 UTC. */
const startMs = Date.UTC(2026, 0, 5, 12);

/** The defaults of the configuration. */
export const policy: CooldownPolicy = {
  standard: { baseMs: minuteMs, growth: 5, maxSteps: 3, capMs: hourMs },
  billing: { baseMs: 5 * hourMs, growth: 2, maxSteps: 10, capMs: 24 * hourMs },
  overloaded: { baseMs: 10 * secondMs, growth: 5, maxSteps: 3, capMs: 10 * minuteMs },
  modelNotFoundMs: hourMs,
  forgetAfterMs: 24 * hourMs,
  probeAfterMs: 30 * secondMs,
  probeTimeoutMs: 10 * secondMs,
};

export const spendTtlMs = 30 * secondMs;

/** One claim; what is left out takes its default. */
export interface ClaimOptions {
  /** Accounts to claim, best first. Default: `a`, unlimited. */
  readonly of?: readonly (string | ({ readonly accountId: string } & Partial<ClaimCandidate>))[];
  readonly model?: string;
  readonly groupId?: string;
  readonly ttlMs?: number;
  readonly requestKey?: string;
  readonly session?: string | (Partial<ClaimSession> & { readonly sessionId: string });
  readonly grant?: Partial<ClaimRequest['grant']>;
}

/** How a request failed; what is left out takes its default. */
export interface FailureOptions {
  /** Until when the upstream says it can't serve, from now. */
  readonly hintMs?: number;
  readonly hintScope?: CooldownScope;
  readonly platform?: string;
  readonly fingerprint?: string;
}

const faultsOfTheCaller: ReadonlySet<FailoverReason> = new Set([
  'CANCELLED',
  'FORMAT',
  'CONTEXT_OVERFLOW',
  'UNKNOWN',
]);

/** A fresh store for each test, with a clock that only the test moves and short words for what callers do. */
export class StateStoreRig {
  store!: StateStore;
  nowMs = startMs;
  /** What the store told its listeners. */
  changes: StateChange[] = [];
  #nonces = 0;

  begin(store: StateStore): void {
    this.store = store;
    this.nowMs = startMs;
    this.changes = [];
    store.onChange((change) => this.changes.push(change));
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  claimRequest(options: ClaimOptions = {}): ClaimRequest {
    const { of = ['a'], model = 'm', groupId = 'g', session } = options;
    this.#nonces += 1;
    return {
      nowMs: this.nowMs,
      nonce: `l1${this.nowMs.toString(36).padStart(9, '0')}${String(this.#nonces).padStart(12, '0')}`,
      ttlMs: options.ttlMs ?? 10 * minuteMs,
      groupId,
      model,
      requestKey: options.requestKey ?? '',
      session: session === undefined ? undefined : sessionOf(session),
      candidates: of.map((candidate) => candidateOf(candidate, groupId, model)),
      grant: {
        request: {
          groupId,
          model,
          sessionId: '',
          userId: '',
          platform: '',
          excludedAccountIds: [],
          leaseTtlMs: 0,
        },
        chain: undefined,
        attempt: 1,
        passedOver: [],
        movedFrom: undefined,
        ...options.grant,
      },
    };
  }

  async claim(options: ClaimOptions = {}): Promise<ClaimResult> {
    return this.store.claim(this.claimRequest(options));
  }

  /** A claim that must be granted. */
  async grant(options: ClaimOptions = {}): Promise<Lease> {
    const result = await this.claim(options);
    if (result.kind !== 'granted') expect.fail(`not granted: ${JSON.stringify(result)}`);
    return result.lease;
  }

  /** The verdicts of a claim that must not be granted. */
  async refusal(options: ClaimOptions = {}): Promise<readonly string[]> {
    const result = await this.claim(options);
    if (result.kind !== 'none') expect.fail(`not refused: ${JSON.stringify(result)}`);
    return result.verdicts;
  }

  /** A report of the lease with its outcome and whatever else is given. */
  async settle(lease: Lease, options: Partial<SettleRequest> = {}): Promise<SettleResult> {
    const { id, accountId, groupId, model, grantedAtMs } = lease;
    return this.store.settle({
      leaseId: id,
      accountId,
      groupId,
      model,
      grantedAtMs,
      nowMs: this.nowMs,
      outcome: 'success',
      spend: { kind: 'none' },
      upstreamWindow: undefined,
      failure: undefined,
      ...options,
    });
  }

  succeed(lease: Lease): Promise<SettleResult> {
    return this.settle(lease);
  }

  cancel(lease: Lease): Promise<SettleResult> {
    return this.settle(lease, { outcome: 'cancelled' });
  }

  fail(lease: Lease, reason: FailoverReason, options: FailureOptions = {}): Promise<SettleResult> {
    return this.settle(lease, { outcome: 'failure', failure: this.failureOf(lease, reason, options) });
  }

  failureOf(lease: Lease, reason: FailoverReason, options: FailureOptions = {}): SettledFailure {
    const failover = !faultsOfTheCaller.has(reason);
    const hint = options.hintMs !== undefined && {
      untilMs: this.nowMs + options.hintMs,
      scope: options.hintScope ?? 'ACCOUNT_MODEL',
      evidence: 'test',
    };
    return {
      reason,
      failover,
      effect: cooldownEffect({ reason, failover, evidence: 'test' }, hint || undefined, policy),
      platform: options.platform ?? 'anthropic',
      fingerprint: options.fingerprint ?? '',
      durationMs: 5,
      request: lease.grant.request,
    };
  }

  /** One request that fails from an idle start: how long the account is away after it. */
  async cooledMs(reason: FailoverReason, options: ClaimOptions & FailureOptions = {}): Promise<number> {
    const { cooldown } = await this.fail(await this.grant(options), reason, options);
    return (cooldown?.record.untilMs ?? this.nowMs) - this.nowMs;
  }

  /** Lets the account cool down by one failure, and the time pass to the cooldown's very end. */
  async coolThrough(reason: FailoverReason, options: ClaimOptions & FailureOptions = {}): Promise<void> {
    this.pass(await this.cooledMs(reason, options));
  }

  inFlight(accountId = 'a'): number {
    return this.store.figures(accountId).inFlight;
  }
}

/** The rig of a suite: begun anew, on a store of its own, before each of its tests. */
export function useStateStore(create: CreateStateStore): StateStoreRig {
  const rig = new StateStoreRig();
  let close: () => Promise<void>;
  beforeEach(async () => {
    const underTest = await create({ timings: policy, spendTtlMs });
    close = () => underTest.close();
    rig.begin(underTest.store);
  });
  afterEach(() => close());
  return rig;
}

function sessionOf(session: NonNullable<ClaimOptions['session']>): ClaimSession {
  const given = typeof session === 'string' ? { sessionId: session } : session;
  return { ttlMs: hourMs, assumedAccountId: '', verify: true, ...given };
}

function candidateOf(
  candidate: NonNullable<ClaimOptions['of']>[number],
  groupId: string,
  model: string,
): ClaimCandidate {
  const given = typeof candidate === 'string' ? { accountId: candidate } : candidate;
  return {
    leaseSuffix: leaseSuffix(given.accountId, groupId, model),
    concurrency: 0,
    rpmLimit: 0,
    sessionLimit: 0,
    sessionIdleMs: 5 * minuteMs,
    ...given,
  };
}
