import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { openRedisState } from '../../src/adapters/redis/open.ts';
import { type Clock, systemClock } from '../../src/ports/clock.ts';
import type {
  ClaimCandidate,
  ClaimRequest,
  Lease,
  SettleRequest,
  StateStore,
} from '../../src/ports/state-store.ts';
import { createNonceSource, leaseSuffix } from '../../src/routing/lease-id.ts';
import { silentLog, uncountedStore } from './redis-options.ts';

const minuteMs = 60_000;

export const timings = { forgetAfterMs: 24 * 60 * minuteMs, probeAfterMs: 30_000, probeTimeoutMs: 10_000 };

export interface SidecarOptions {
  readonly url: string;
  readonly namespace: string;
  /** Default 1 s: a busy machine must not pass for an outage. */
  readonly timeoutMs?: number;
  readonly onOutage?: 'local' | 'deny';
  readonly clock?: Clock;
}

/** A sidecar's state with short words for what its callers do, on the machine's own clock. */
export class Sidecar {
  readonly state: StateStore;
  readonly #nonces = createNonceSource();
  readonly #clock: Clock;

  constructor(state: StateStore, clock: Clock) {
    this.state = state;
    this.#clock = clock;
  }

  static async open(options: SidecarOptions): Promise<Sidecar> {
    const { clock = systemClock, timeoutMs = 1_000, onOutage = 'local', url, namespace } = options;
    const store = { timings, spendTtlMs: 30_000 };
    const state = await openRedisState({
      ...store,
      url,
      namespace,
      timeoutMs,
      onOutage,
      clock,
      log: silentLog,
      metrics: uncountedStore,
      createLocal: () => new MemoryStateStore(store),
    });
    return new Sidecar(state, clock);
  }

  request(candidates: readonly Partial<ClaimCandidate>[], options: Partial<ClaimRequest> = {}): ClaimRequest {
    const nowMs = this.#clock.now();
    const origin = {
      groupId: 'g',
      model: 'm',
      sessionId: options.session?.sessionId ?? '',
      userId: '',
      platform: '',
      excludedAccountIds: [],
      leaseTtlMs: 0,
    };
    return {
      nowMs,
      nonce: this.#nonces(nowMs),
      ttlMs: 10 * minuteMs,
      groupId: 'g',
      model: 'm',
      requestKey: '',
      session: undefined,
      candidates: candidates.map(({ accountId = 'a', ...limits }) => ({
        accountId,
        leaseSuffix: leaseSuffix(accountId, 'g', 'm'),
        concurrency: 0,
        rpmLimit: 0,
        sessionLimit: 0,
        sessionIdleMs: 5 * minuteMs,
        ...limits,
      })),
      grant: { request: origin, chain: undefined, attempt: 1, passedOver: [], movedFrom: undefined },
      ...options,
    };
  }

  /** The lease, or undefined where no candidate had room. */
  async claim(
    candidates: readonly Partial<ClaimCandidate>[],
    options: Partial<ClaimRequest> = {},
  ): Promise<Lease | undefined> {
    const result = await this.state.claim(this.request(candidates, options));
    return 'lease' in result ? result.lease : undefined;
  }

  async settle(lease: Lease, options: Partial<SettleRequest> = {}) {
    const { id, accountId, groupId, model, grantedAtMs } = lease;
    return this.state.settle({
      leaseId: id,
      accountId,
      groupId,
      model,
      grantedAtMs,
      nowMs: this.#clock.now(),
      outcome: 'success',
      spend: { kind: 'none' },
      upstreamWindow: undefined,
      failure: undefined,
      ...options,
    });
  }

  async fail(lease: Lease, hintMs = minuteMs) {
    return this.settle(lease, {
      outcome: 'failure',
      failure: {
        reason: 'RATE_LIMIT',
        failover: true,
        effect: {
          scope: 'ACCOUNT_MODEL',
          reason: 'RATE_LIMIT',
          schedule: { baseMs: minuteMs, growth: 5, maxSteps: 3, capMs: 60 * minuteMs },
          hintUntilMs: this.#clock.now() + hintMs,
        },
        platform: 'anthropic',
        fingerprint: '',
        durationMs: 1,
        request: lease.grant.request,
      },
    });
  }

  /** The regular exchange with the store, which the routing asks for twice a second. */
  async beat(): Promise<number> {
    return this.state.expire(this.#clock.now());
  }
}
