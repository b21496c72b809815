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

  note(entry: PoolEntry, model: string): void {
    this.noteAll([entry], model);
  }

  /** Notes accounts of which none is there twice. */
  noteAll(entries: readonly PoolEntry[], model: string): void {
    const earlier = this.attempts.length;
    for (const { account, figures } of entries) {
      if (this.#isKnown(account.id, model, earlier)) continue;
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

  /** Whether the chain knows of it, or it is among the first `earlier` that were noted. */
  #isKnown(accountId: string, model: string, earlier: number): boolean {
    for (let index = 0; index < earlier; index += 1) {
      const attempt = this.attempts[index]!;
      if (attempt.accountId === accountId && attempt.model === model) return true;
    }
    return this.#before.some((attempt) => attempt.accountId === accountId && attempt.model === model);
  }
}
