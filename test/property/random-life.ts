import type { AccountFigures } from '../../src/adapters/memory/account-figures.ts';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import type { CooldownEffect, CooldownTimings } from '../../src/failover/cooldown.ts';
import type { ChainRequest, ClaimCandidate, Lease } from '../../src/ports/state-store.ts';
import { windowStartMs } from '../../src/selection/figures.ts';
import type { Draws } from './random.ts';
import { someTimeMs } from './random-catalog.ts';

const spendTtlMs = 90_000;
export const timings: CooldownTimings = {
  forgetAfterMs: 7_200_000,
  probeAfterMs: 30_000,
  probeTimeoutMs: 10_000,
};

const request: ChainRequest = {
  groupId: 'g',
  model: 'm',
  sessionId: '',
  userId: '',
  platform: '',
  excludedAccountIds: [],
  leaseTtlMs: 0,
};

/** A store in which what happens to accounts happens at random: everything that can change how they stand. */
export class RandomLife {
  readonly state = new MemoryStateStore({ timings, spendTtlMs });
  nowMs = someTimeMs;
  readonly #draws: Draws;
  readonly #ids: readonly string[];
  readonly #leases: Lease[] = [];
  #nonce = 0;

  constructor(draws: Draws, ids: readonly string[]) {
    this.#draws = draws;
    this.#ids = ids;
    // Some lives go past midnight.
    if (draws.chance(0.2)) this.nowMs = Date.UTC(2026, 0, 5, 23, 59, 30);
    for (const id of ids) {
      // Else nearly every look at a pool would miss a sum.
      if (draws.chance(0.95)) this.#readSums(this.state.figures(id));
      if (draws.chance(0.2)) this.state.figures(id).lastUsedAt = 1 + draws.below(3);
    }
  }

  /** Something happens. `claims`: what may be claimed. */
  event(claims: readonly ClaimCandidate[]): void {
    const draws = this.#draws;
    const kind = draws.below(20);
    if (kind < 6) this.#claim(claims);
    else if (kind < 11) this.#settle();
    else if (kind < 14) this.#passTime();
    else this.#rareEvent();
  }

  /** Reads every sum that is not known, as a selection would. */
  readMissing(ids: readonly string[]): void {
    for (const id of ids) this.#readSums(this.state.figures(id));
  }

  #claim(claims: readonly ClaimCandidate[]): void {
    const draws = this.#draws;
    if (claims.length === 0) return;
    const sessionId = draws.pick(['', '', 's', 't', 'u']);
    const result = this.state.claim({
      nowMs: this.nowMs,
      nonce: `n${++this.#nonce}`,
      ttlMs: draws.pick([2_000, 30_000, 600_000]),
      groupId: draws.pick(['g', '']),
      model: draws.pick(['m', 'm', 'n']),
      requestKey: '',
      session:
        sessionId === '' ? undefined : { sessionId, ttlMs: 3_600_000, assumedAccountId: '', verify: false },
      candidates: [draws.pick(claims)],
      grant: { request, chain: undefined, attempt: 1, passedOver: [], movedFrom: undefined },
    });
    if (result.kind === 'granted') this.#leases.push(result.lease);
  }

  #settle(): void {
    const draws = this.#draws;
    if (this.#leases.length === 0) return;
    const [lease] = this.#leases.splice(draws.below(this.#leases.length), 1);
    const { id, accountId, groupId, model, grantedAtMs } = lease!;
    const outcome = draws.pick(['success', 'success', 'failure', 'cancelled'] as const);
    this.state.settle({
      ...{ leaseId: id, accountId, groupId, model, grantedAtMs, outcome },
      nowMs: this.nowMs,
      spend: draws.pick([
        { kind: 'known', costUsd: draws.pick([0, 1, 4]) },
        { kind: 'known', costUsd: 1 },
        { kind: 'none' },
        { kind: 'unknown' },
      ] as const),
      upstreamWindow: draws.chance(0.1)
        ? {
            startMs: this.nowMs + draws.pick([-1_000, 0, 5_000]),
            endMs: this.nowMs + draws.pick([1, 60_000]),
          }
        : undefined,
      failure:
        outcome !== 'failure'
          ? undefined
          : {
              reason: 'SERVER_ERROR',
              failover: draws.chance(0.8),
              effect: this.#effect(),
              platform: 'anthropic',
              fingerprint: draws.pick(['', 'same']),
              durationMs: 1,
              request,
            },
    });
  }

  #effect(): CooldownEffect {
    const draws = this.#draws;
    return {
      scope: draws.pick(['ACCOUNT', 'ACCOUNT_MODEL', 'ACCOUNT_MODEL']),
      reason: draws.pick(['SERVER_ERROR', 'BILLING', 'RATE_LIMIT']),
      schedule: { baseMs: draws.pick([2_000, 60_000]), growth: 5, maxSteps: 3, capMs: 3_600_000 },
      ...(draws.chance(0.2) && { hintUntilMs: this.nowMs + draws.pick([1_000, 45_000]) }),
    };
  }

  /** Mostly onwards, by little or much; now and then the clock is set back. */
  #passTime(): void {
    const draws = this.#draws;
    const back = draws.chance(0.03);
    this.nowMs += back
      ? -draws.pick([1, 5_000, 7_000_000])
      : draws.pick([1, 1, 50, 999, 1_000, 1_000, 2_000, 10_000, 31_000, 60_000, 400_000, 3_600_000]);
  }

  #rareEvent(): void {
    const draws = this.#draws;
    const id = draws.pick(this.#ids);
    const figures = this.state.figures(id);
    const { state, nowMs } = this;
    const happenings: readonly (() => unknown)[] = [
      () => state.setOverride(id, { schedulable: draws.chance(0.6), reason: '' }),
      () => state.clearCooldowns({ accountId: draws.pick(['', id]), model: draws.pick(['', 'm']) }, nowMs),
      () => state.addWaiting(id, figures.waiting > 0 && draws.chance(0.6) ? -1 : 1),
      () => state.expire(nowMs),
      () => state.abandon([this.#leases.shift()?.id ?? ''], nowMs),
      () => state.unbind({ groupId: '', sessionId: '', accountId: id }, nowMs),
      () => state.renew(this.#leases[0]?.id ?? '', 5_000, nowMs),
      () => this.#readSums(figures),
      () => this.#readSums(figures),
    ];
    draws.pick(happenings)();
  }

  #readSums(figures: AccountFigures): void {
    const { spend } = figures;
    const { nowMs } = this;
    const draws = this.#draws;
    const startMs = windowStartMs(figures, nowMs);
    if (figures.windowCost(startMs, nowMs) === undefined || draws.chance(0.1))
      spend.fillWindow(startMs, draws.pick([0, 5, 9, 10, 14, 15]), spend.bookings, nowMs);
    if (figures.quotaUse(nowMs) === undefined || draws.chance(0.1)) {
      const use = {
        dailyUsd: draws.pick([0, 2, 3]),
        weeklyUsd: draws.pick([4, 9]),
        totalUsd: draws.pick([10, 20]),
      };
      spend.fillQuota(use, spend.bookings, nowMs);
    }
  }
}
