import type { BindingSelector } from '../../ports/state-store.ts';

interface Binding {
  readonly accountId: string;
  readonly expiresAtMs: number;
  /** The account's epoch when the binding was made; an older one is void. */
  readonly epoch: number;
}

interface TakenBinding {
  readonly sessionKey: string;
  readonly boundTo: string;
}

/** A session's key in every map here. Group ids hold no control character, so the first NUL ends the group. */
export function sessionKeyOf(groupId: string, sessionId: string): string {
  return `${groupId}\0${sessionId}`;
}

const sweptAtOnce = 5_000;

/**
 * Which account each session is bound to. The map's order is that of the last use, so the least recently used binding is the
 * first to go when there are too many, and expired ones are found at the front.
 */
export class Bindings {
  readonly #byKey = new Map<string, Binding>();
  /** Counts, per account, how often all its bindings were dropped at once. */
  readonly #epochs = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The bound account; empty: none. */
  accountOf(sessionKey: string, nowMs: number): string {
    const binding = this.#byKey.get(sessionKey);
    if (binding === undefined || binding.expiresAtMs <= nowMs) return '';
    return binding.epoch === this.#epoch(binding.accountId) ? binding.accountId : '';
  }

  /** Binds the session, and answers the account it was bound to until then; empty: none. */
  set(sessionKey: string, accountId: string, expiresAtMs: number, nowMs: number): string {
    const before = this.accountOf(sessionKey, nowMs);
    this.#byKey.delete(sessionKey);
    this.#byKey.set(sessionKey, { accountId, expiresAtMs, epoch: this.#epoch(accountId) });
    this.#dropOldest(2, nowMs);
    return before;
  }

  delete(sessionKey: string): void {
    this.#byKey.delete(sessionKey);
  }

  /** Voids every binding to the account in one step, however many there are. */
  deleteAccount(accountId: string): void {
    this.#epochs.set(accountId, this.#epoch(accountId) + 1);
  }

  /** Takes out the bindings that match; an empty field means any. Walks them all unless group and session are named. */
  take({ groupId, sessionId, accountId }: BindingSelector, nowMs: number): readonly TakenBinding[] {
    const keys =
      groupId !== '' && sessionId !== '' ? [sessionKeyOf(groupId, sessionId)] : [...this.#byKey.keys()];
    const taken: TakenBinding[] = [];
    for (const sessionKey of keys) {
      const boundTo = this.accountOf(sessionKey, nowMs);
      if (boundTo === '' || (accountId !== '' && boundTo !== accountId)) continue;
      const end = sessionKey.indexOf('\0');
      if (groupId !== '' && sessionKey.slice(0, end) !== groupId) continue;
      if (sessionId !== '' && sessionKey.slice(end + 1) !== sessionId) continue;
      this.#byKey.delete(sessionKey);
      taken.push({ sessionKey, boundTo });
    }
    return taken;
  }

  /** Drops bindings that are over, some thousand at a time so that nobody waits for it. */
  sweep(nowMs: number): void {
    this.#dropOldest(sweptAtOnce, nowMs);
  }

  #epoch(accountId: string): number {
    return this.#epochs.get(accountId) ?? 0;
  }

  /** Drops the bindings used least recently while they are over or too many, at most `count`. */
  #dropOldest(count: number, nowMs: number): void {
    let left = count;
    for (const [key, { expiresAtMs }] of this.#byKey) {
      if (left === 0 || (expiresAtMs > nowMs && this.#byKey.size <= this.#max)) return;
      this.#byKey.delete(key);
      left -= 1;
    }
  }
}
