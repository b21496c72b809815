import fc from 'fast-check';
import { type CooldownPolicy, cooldownEffect } from '../../src/failover/cooldown-policy.ts';
import type { FailoverReason } from '../../src/failover/failure.ts';
import type { Lease, StateChange, StateStore } from '../../src/ports/state-store.ts';
import { leaseSuffix } from '../../src/routing/lease-id.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const policy: CooldownPolicy = {
  standard: { baseMs: minuteMs, growth: 5, maxSteps: 3, capMs: 60 * minuteMs },
  billing: { baseMs: 300 * minuteMs, growth: 2, maxSteps: 10, capMs: 1_440 * minuteMs },
  overloaded: { baseMs: 10 * secondMs, growth: 5, maxSteps: 3, capMs: 10 * minuteMs },
  modelNotFoundMs: 60 * minuteMs,
  forgetAfterMs: 1_440 * minuteMs,
  probeAfterMs: 30 * secondMs,
  probeTimeoutMs: 10 * secondMs,
};
/** What a store that is walked through is made with. */
export const walkOptions = { timings: policy, spendTtlMs: 30 * minuteMs };

const accountIds = ['a', 'b', 'ç'];
const anyAccount = fc.constantFrom(...accountIds);
const anyReason = fc.constantFrom(
  'RATE_LIMIT',
  'BILLING',
  'AUTH',
  'OVERLOADED',
  'SERVER_ERROR',
  'FORMAT',
  'CANCELLED',
);
/** Anything callers or operators may do, or time. */
export const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('claim'),
      of: fc.uniqueArray(anyAccount, { minLength: 1, maxLength: 3 }),
      model: fc.constantFrom('m', 'n'),
      concurrency: fc.constantFrom(0, 1, 3),
      rpmLimit: fc.constantFrom(0, 4),
      sessionLimit: fc.constantFrom(0, 1),
      session: fc.constantFrom('', 's', 't'),
      assumed: fc.constantFrom('', 'known', 'a'),
      requestKey: fc.constantFrom('', '', 'k'),
      follows: fc.option(fc.nat(9)),
      ttlMs: fc.constantFrom(secondMs, 90 * secondMs, 60 * minuteMs),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('settle'),
      lease: fc.nat(9),
      outcome: fc.constantFrom('success', 'failure', 'cancelled'),
      reason: anyReason,
      fingerprint: fc.constantFrom('', '', 'down'),
      hintMs: fc.option(fc.constantFrom(2 * secondMs, 90 * secondMs)),
      cost: fc.constantFrom(undefined, 0.25, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(1, 700, 9_999, 60_000, 400_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('renew'), lease: fc.nat(9), ttlMs: fc.constantFrom(0, 5_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon'), lease: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clear'),
      of: fc.constantFrom('', 'a'),
      model: fc.constantFrom('', 'm'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('unbind'),
      accountId: fc.constantFrom('', 'a'),
      sessionId: fc.constantFrom('', 's'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fill'),
      accountId: anyAccount,
      costUsd: fc.constantFrom(0, 7),
    }),
  },
) as fc.Arbitrary<Step>;

interface ClaimStep {
  readonly kind: 'claim';
  readonly of: readonly string[];
  readonly model: string;
  readonly concurrency: number;
  readonly rpmLimit: number;
  readonly sessionLimit: number;
  readonly session: string;
  /** `known`: what the store itself last saw. */
  readonly assumed: string;
  readonly requestKey: string;
  /** Which lease before, counted back, it follows in its chain. */
  readonly follows: number | null;
  readonly ttlMs: number;
}

interface SettleStep {
  readonly kind: 'settle';
  readonly lease: number;
  readonly outcome: 'success' | 'failure' | 'cancelled';
  readonly reason: FailoverReason;
  readonly fingerprint: string;
  readonly hintMs: number | null;
  readonly cost: number | undefined;
}

export type Step =
  | ClaimStep
  | SettleStep
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'renew'; readonly lease: number; readonly ttlMs: number }
  | { readonly kind: 'abandon'; readonly lease: number }
  | { readonly kind: 'clear'; readonly of: string; readonly model: string }
  | { readonly kind: 'unbind'; readonly accountId: string; readonly sessionId: string }
  | { readonly kind: 'fill'; readonly accountId: string; readonly costUsd: number };

/** One walk through a store; what it answers and shows after each step. */
export class Walk {
  readonly #store: StateStore;
  readonly #leases: Lease[] = [];
  #changes: StateChange[] = [];
  #nowMs = Date.UTC(2026, 0, 5, 12);
  #nonces = 0;

  constructor(store: StateStore) {
    this.#store = store;
    store.onChange((change) => this.#changes.push(change));
  }

  async take(step: Step): Promise<unknown> {
    this.#changes = [];
    const standing = (accountId: string) => JSON.stringify(this.#look(accountId).standing);
    const before = new Map(accountIds.map((id) => [id, standing(id)]));
    const answer = await this.#act(step);
    // Of leases that end together, any may be told of first; a record made anew just as it was need not be told.
    const changes = this.#changes
      .filter(({ kind, accountId }) => kind !== 'standing' || before.get(accountId) !== standing(accountId))
      .map((change) => JSON.stringify(change))
      .sort();
    return { answer, changes, accounts: accountIds.map((id) => this.#look(id)) };
  }

  #look(accountId: string) {
    const figures = this.#store.figures(accountId);
    const nowMs = this.#nowMs;
    const plain = (record: object | undefined) => record && { ...record, revocable: undefined };
    return {
      accountId,
      inFlight: figures.inFlight,
      rpm: figures.rpm(nowMs),
      rpmBelowAtMs: figures.rpmBelowAtMs(2, nowMs),
      standing: [figures.cooldown, figures.modelCooldown('m'), figures.modelCooldown('n')].map(plain),
      windowCost: figures.windowCost(nowMs - (nowMs % (60 * minuteMs)), nowMs),
    };
  }

  async #act(step: Step): Promise<unknown> {
    const store = this.#store;
    const nowMs = this.#nowMs;
    const lease = 'lease' in step ? this.#leases.at(-1 - step.lease) : undefined;
    switch (step.kind) {
      case 'pass':
        // What is over is looked for at once: when else a store finds it is its own affair.
        this.#nowMs += step.ms;
        return store.expire(this.#nowMs);
      case 'claim':
        return this.#claim(step);
      case 'settle':
        return lease && this.#settle(lease, step);
      case 'renew':
        return lease && store.renew(lease.id, step.ttlMs, nowMs);
      case 'abandon':
        return lease && store.abandon([lease.id], nowMs);
      case 'clear':
        return store.clearCooldowns({ accountId: step.of, model: step.model }, nowMs);
      case 'unbind':
        return store.unbind({ groupId: '', accountId: step.accountId, sessionId: step.sessionId }, nowMs);
      case 'fill': {
        const windowStartMs = nowMs - (nowMs % (60 * minuteMs));
        const key = { accountId: step.accountId, windowStartMs };
        const [reading] = await store.windowCosts.read([key], nowMs);
        await store.windowCosts.fill([{ ...key, costUsd: step.costUsd, token: reading!.token }], nowMs);
        return reading;
      }
    }
  }

  async #claim(step: ClaimStep): Promise<unknown> {
    const { of, model, concurrency, rpmLimit, sessionLimit, session, assumed, requestKey, follows, ttlMs } =
      step;
    const nowMs = this.#nowMs;
    const failed = follows === null ? undefined : this.#leases.at(-1 - follows);
    const fate = failed && (await this.#store.fate(failed.id, nowMs));
    this.#nonces += 1;
    const result = await this.#store.claim({
      nowMs,
      nonce: `n${this.#nonces}`,
      ttlMs,
      groupId: 'g',
      model,
      requestKey,
      session:
        session === ''
          ? undefined
          : {
              sessionId: session,
              ttlMs: 10 * minuteMs,
              assumedAccountId:
                assumed === 'known' ? this.#store.boundAccountId('g', session, nowMs) : assumed,
              verify: assumed !== 'a',
            },
      candidates: of.map((accountId) => ({
        accountId,
        leaseSuffix: leaseSuffix(accountId, 'g', model),
        concurrency,
        rpmLimit,
        sessionLimit,
        sessionIdleMs: 5 * minuteMs,
      })),
      grant: {
        request: {
          groupId: 'g',
          model,
          sessionId: session,
          userId: '',
          platform: '',
          excludedAccountIds: [],
          leaseTtlMs: 0,
        },
        chain: fate?.kind === 'failed' ? fate.chain : undefined,
        attempt: 1,
        passedOver: [],
        movedFrom: undefined,
      },
    });
    if (result.kind === 'granted') this.#leases.push(result.lease);
    return { result, fate };
  }

  async #settle(lease: Lease, step: SettleStep): Promise<unknown> {
    const { outcome, reason, fingerprint, hintMs, cost } = step;
    const nowMs = this.#nowMs;
    const classification = { reason, failover: !['FORMAT', 'CANCELLED'].includes(reason), evidence: '' };
    const hint =
      hintMs === null
        ? undefined
        : { untilMs: nowMs + hintMs, scope: 'ACCOUNT_MODEL' as const, evidence: '' };
    const { cooldown, ...result } = await this.#store.settle({
      leaseId: lease.id,
      accountId: lease.accountId,
      groupId: lease.groupId,
      model: lease.model,
      grantedAtMs: lease.grantedAtMs,
      nowMs,
      outcome,
      spend: cost === undefined ? { kind: 'none' } : { kind: 'known', costUsd: cost },
      upstreamWindow: undefined,
      failure:
        outcome !== 'failure'
          ? undefined
          : {
              reason,
              failover: classification.failover,
              effect: cooldownEffect(classification, hint, policy),
              platform: 'p',
              fingerprint,
              durationMs: 1,
              request: lease.grant.request,
            },
    });
    const plain = cooldown && { ...cooldown, record: { ...cooldown.record, revocable: undefined } };
    return { ...result, cooldown: plain, fate: await this.#store.fate(lease.id, nowMs) };
  }
}
