import type { StateChange } from '../../../ports/state-store.ts';
import { FiguresLog } from '../../../selection/figures-log.ts';
import type { AccountReply, DroppedReplies } from '../reply.ts';
import { type FieldList, SharedFigures } from './shared-figures.ts';

/** What is told of one account. */
export interface Word {
  readonly stamp: number;
  readonly inFlight?: number;
  readonly fields?: FieldList | undefined;
}

/**
 * This sidecar's picture of the shared state: the figures that selections go by. It is made of what the store answers and tells;
 * every word has a stamp, and one that is older than what is known of its account is dropped. Changes that may let somebody go on
 * are emitted once they are in place.
 */
export class Picture {
  /** Which of them changed. */
  readonly log = new FiguresLog();
  readonly #accounts = new Map<string, SharedFigures>();
  readonly #spendTtlMs: number;
  readonly #emit: (change: StateChange) => void;

  constructor(spendTtlMs: number, emit: (change: StateChange) => void) {
    this.#spendTtlMs = spendTtlMs;
    this.#emit = emit;
  }

  of(accountId: string): SharedFigures {
    let figures = this.#accounts.get(accountId);
    if (figures === undefined) {
      figures = new SharedFigures({ accountId, spendTtlMs: this.#spendTtlMs, log: this.log });
      this.#accounts.set(accountId, figures);
    }
    return figures;
  }

  all(): Iterable<SharedFigures> {
    return this.#accounts.values();
  }

  leasesActive(): number {
    let count = 0;
    for (const { inFlight } of this.#accounts.values()) count += inFlight;
    return count;
  }

  /** Takes in part of what there is to know. Answers whether it was news, and whether the account's standing changed by it. */
  hear(
    accountId: string,
    { stamp, inFlight, fields }: Word,
  ): { readonly isNews: boolean; readonly standing: boolean } {
    const figures = this.of(accountId);
    if (stamp < figures.asOf) return { isNews: false, standing: false };
    figures.asOf = stamp;
    if (inFlight !== undefined) figures.inFlight = inFlight;
    return { isNews: true, standing: fields !== undefined && figures.update(fields) };
  }

  /** Takes in whole accounts. Tells of slots and standings that changed elsewhere, unless the caller tells by itself. */
  restore(accounts: readonly AccountReply[], stamp: number, { tell }: { readonly tell: boolean }): void {
    const changes: StateChange[] = [];
    for (const { accountId, inFlight, sessions, oldestSessionMs, fields } of accounts) {
      const figures = this.of(accountId);
      if (stamp < figures.asOf) continue;
      figures.asOf = stamp;
      if (inFlight < figures.inFlight) changes.push({ kind: 'slot_freed', accountId, expired: false });
      figures.inFlight = inFlight;
      figures.activeSessions.restore(sessions, oldestSessionMs);
      if (figures.restore(fields)) changes.push({ kind: 'standing', accountId });
    }
    if (tell) for (const change of changes) this.#emit(change);
  }

  /** Takes in the accounts of leases that ended unreported, then tells of each. `expired`: they were over, not abandoned. */
  drop({ leases, accounts, stamp }: DroppedReplies, { expired }: { readonly expired: boolean }): void {
    if (leases.length === 0) return;
    this.restore(accounts, stamp, { tell: false });
    for (const { accountId, standing } of leases) {
      this.#emit({ kind: 'slot_freed', accountId, expired });
      if (standing) this.#emit({ kind: 'standing', accountId });
    }
  }

  /** Forgets everything: the store is another one, or lost its data. */
  reset(): void {
    for (const figures of this.#accounts.values()) {
      figures.asOf = 0;
      figures.inFlight = 0;
      figures.activeSessions.restore(0, 0);
      figures.restore([]);
    }
  }
}
