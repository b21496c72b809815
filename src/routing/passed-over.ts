import type { ChainAttempt } from '../ports/state-store.ts';
import { runningCooldown } from '../selection/figures.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';

/** Accounts passed over for their cooldown, each noted once for a model, and not where the chain knows of it already. */
export class PassedOver {
  readonly attempts: ChainAttempt[] = [];
  readonly #before: readonly ChainAttempt[];
  readonly #nowMs: number;

  constructor(before: readonly ChainAttempt[], nowMs: number) {
    this.#before = before;
    this.#nowMs = nowMs;
  }

  note({ account, figures }: PoolEntry, model: string): void {
    const isKnown = (attempt: ChainAttempt) => attempt.accountId === account.id && attempt.model === model;
    if (this.attempts.some(isKnown) || this.#before.some(isKnown)) return;
    this.attempts.push({
      accountId: account.id,
      model,
      reason: runningCooldown(figures, model, this.#nowMs)?.reason ?? 'UNKNOWN',
      skipped: true,
      durationMs: 0,
      platform: account.platform,
      fingerprint: '',
    });
  }
}
