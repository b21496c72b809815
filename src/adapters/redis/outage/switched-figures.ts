import type { CooldownRecord } from '../../../failover/cooldown.ts';
import type { UpstreamWindow } from '../../../failover/failure.ts';
import type { QuotaUse } from '../../../ports/ledger.ts';
import type { ClaimCandidate } from '../../../ports/state-store.ts';
import type { Figures, ScheduleOverride } from '../../../selection/figures.ts';

/** What of an account's limits belongs to the other sidecars while nobody can tell what they use of it. */
interface Reserved {
  readonly slots: number;
  readonly requests: number;
  readonly sessions: number;
}

const nothing: Reserved = { slots: 0, requests: 0, sessions: 0 };

/** Figures of the store of an outage, whose log is told of what is reserved. */
export interface LocalFigures extends Figures {
  touch(): void;
}

/**
 * The figures of one account, the same object whichever store has them: those of the shared store, or, while that is away, this
 * sidecar's own on top of what is reserved for the others, so that a selection finds an account full when its share is.
 */
export class SwitchedFigures implements Figures {
  readonly #shared: Figures;
  #current: Figures;
  #local: LocalFigures | undefined;
  #reserved = nothing;

  constructor(shared: Figures) {
    this.#shared = shared;
    this.#current = shared;
  }

  goLocal(local: LocalFigures): void {
    this.#current = local;
    this.#local = local;
    this.#reserved = nothing;
  }

  goShared(): void {
    this.#local = undefined;
    this.#current = this.#shared;
    this.#reserved = nothing;
  }

  /** Reserves what is between the candidate's limits and this sidecar's share of them. */
  reserve(whole: ClaimCandidate, share: ClaimCandidate): void {
    this.#reserved = {
      slots: whole.concurrency - share.concurrency,
      requests: whole.rpmLimit - share.rpmLimit,
      sessions: whole.sessionLimit - share.sessionLimit,
    };
    this.#local?.touch();
  }

  get inFlight(): number {
    return this.#current.inFlight + this.#reserved.slots;
  }

  get waiting(): number {
    return this.#current.waiting;
  }

  get lastUsedAt(): number {
    return this.#current.lastUsedAt;
  }

  rpm(nowMs: number): number {
    return this.#current.rpm(nowMs) + this.#reserved.requests;
  }

  rpmBelowAtMs(limit: number, nowMs: number): number {
    return this.#current.rpmBelowAtMs(limit - this.#reserved.requests, nowMs);
  }

  sessions(nowMs: number, idleMs: number): number {
    return this.#current.sessions(nowMs, idleMs) + this.#reserved.sessions;
  }

  hasSession(sessionKey: string, nowMs: number, idleMs: number): boolean {
    return this.#current.hasSession(sessionKey, nowMs, idleMs);
  }

  oldestSessionEndsAtMs(nowMs: number, idleMs: number): number | undefined {
    return this.#current.oldestSessionEndsAtMs(nowMs, idleMs);
  }

  get cooldown(): CooldownRecord | undefined {
    return this.#current.cooldown;
  }

  modelCooldown(model: string): CooldownRecord | undefined {
    return this.#current.modelCooldown(model);
  }

  modelCooldowns(): Iterable<readonly [string, CooldownRecord]> {
    return this.#current.modelCooldowns();
  }

  get override(): ScheduleOverride | undefined {
    return this.#current.override;
  }

  get upstreamWindow(): UpstreamWindow | undefined {
    return this.#current.upstreamWindow;
  }

  windowCost(windowStartMs: number, nowMs: number): number | undefined {
    return this.#current.windowCost(windowStartMs, nowMs);
  }

  quotaUse(nowMs: number): QuotaUse | undefined {
    return this.#current.quotaUse(nowMs);
  }

  spendKnownUntilMs(nowMs: number): number {
    return this.#current.spendKnownUntilMs(nowMs);
  }
}
