import type { BindingSelector, ClaimSession, Grant } from '../../ports/state-store.ts';
import type { AccountFigures } from './account-figures.ts';
import type { Accounts } from './accounts.ts';
import { Bindings, sessionKeyOf } from './bindings.ts';

/** Where a session went with a lease. */
export type Move = Pick<Grant, 'sticky' | 'movedFrom'>;

/** A claim that was granted, as far as its session is concerned. */
export interface Seating {
  readonly sessionKey: string;
  readonly session: ClaimSession;
  /** Of the account. */
  readonly figures: AccountFigures;
  readonly idleMs: number;
  readonly nowMs: number;
  /** The binding the claimant found unfit, if any. */
  readonly movedFrom: Grant['movedFrom'];
}

/** Which account each session is bound to, kept in step with the sessions that count at each account. */
export class Sessions {
  readonly #bindings: Bindings;
  readonly #accounts: Accounts;
  // The key made last: a selection looks for the session's account, and then claims with that session.
  #last = { groupId: '', sessionId: '', key: sessionKeyOf('', '') };

  constructor(accounts: Accounts, maxBindings: number) {
    this.#accounts = accounts;
    this.#bindings = new Bindings(maxBindings);
  }

  /** The session's key in what is kept here. Made once for the look-ups that follow each other: its hash is worked out once then. */
  keyOf(groupId: string, sessionId: string): string {
    const { groupId: lastGroupId, sessionId: lastSessionId, key: lastKey } = this.#last;
    if (sessionId === lastSessionId && groupId === lastGroupId) return lastKey;
    const key = sessionKeyOf(groupId, sessionId);
    this.#last = { groupId, sessionId, key };
    return key;
  }

  /** The bound account; empty: none. */
  accountOf(sessionKey: string, nowMs: number): string {
    return this.#bindings.accountOf(sessionKey, nowMs);
  }

  /** Binds the session to the account that serves it from now on. */
  seat({ sessionKey, session, figures, idleMs, nowMs, movedFrom }: Seating): Move {
    const { accountId, activeSessions } = figures;
    const before = this.#bindings.set(sessionKey, accountId, nowMs + session.ttlMs, nowMs);
    if (before !== '' && before !== accountId) this.#accounts.of(before).activeSessions.delete(sessionKey);
    const binding = this.#bindings.get(sessionKey);
    const active = activeSessions.touch(sessionKey, nowMs, idleMs, binding?.active);
    if (binding !== undefined) binding.active = active;
    if (session.assumedAccountId === accountId) return { sticky: 'KEPT', movedFrom: undefined };
    // The binding found unfit may be gone by now; a session that came back to its account has not moved.
    const lost = movedFrom !== undefined && movedFrom.accountId !== accountId;
    if (session.assumedAccountId === '' && !lost) return { sticky: 'BOUND', movedFrom: undefined };
    return { sticky: 'MOVED', movedFrom: lost ? movedFrom : undefined };
  }

  unbindSession({ groupId, sessionId, accountId }: BindingSelector, nowMs: number): void {
    const sessionKey = sessionKeyOf(groupId, sessionId);
    if (this.#bindings.accountOf(sessionKey, nowMs) !== accountId) return;
    this.#bindings.delete(sessionKey);
    this.#accounts.of(accountId).activeSessions.delete(sessionKey);
  }

  unbind(selector: BindingSelector, nowMs: number): void {
    const { groupId, sessionId, accountId } = selector;
    if (groupId === '' && sessionId === '' && accountId !== '') {
      this.#bindings.deleteAccount(accountId);
      this.#accounts.of(accountId).activeSessions.clear();
      return;
    }
    for (const { sessionKey, boundTo } of this.#bindings.take(selector, nowMs))
      this.#accounts.of(boundTo).activeSessions.delete(sessionKey);
  }

  /** Drops bindings that are over, a bounded number at a time. */
  sweep(nowMs: number): void {
    this.#bindings.sweep(nowMs);
  }
}
