import type { BindingSelector } from '../../ports/state-store.ts';
import { Bindings } from '../memory/bindings.ts';
import type { Picture } from './picture/picture.ts';

/** A session that is bound, as an answer told. */
export interface SeenBinding {
  readonly sessionKey: string;
  readonly accountId: string;
  readonly endsAtMs: number;
  readonly nowMs: number;
}

/**
 * What this sidecar has seen of sessions: which account each was bound to, and which accounts know it. It spares a claim the second
 * trip; the claim settles whether it still holds.
 */
export class SeenSessions {
  readonly #bindings: Bindings;
  readonly #picture: Picture;
  /** The longest life of a binding seen, in milliseconds. */
  longestMs = 0;

  constructor(picture: Picture, maxBindings: number) {
    this.#picture = picture;
    this.#bindings = new Bindings(maxBindings);
  }

  /** The account the session was last seen bound to; empty: none. */
  accountOf(sessionKey: string, nowMs: number): string {
    return this.#bindings.accountOf(sessionKey, nowMs);
  }

  bound({ sessionKey, accountId, endsAtMs, nowMs }: SeenBinding): void {
    this.longestMs = Math.max(this.longestMs, endsAtMs - nowMs);
    const before = this.#bindings.set(sessionKey, accountId, endsAtMs, nowMs);
    if (before !== '' && before !== accountId) this.#picture.of(before).activeSessions.forget(sessionKey);
  }

  unbound(sessionKey: string): void {
    this.#bindings.delete(sessionKey);
  }

  /** Forgets one session where it was last seen bound to the account. */
  forgetAt(sessionKey: string, accountId: string, nowMs: number): void {
    if (this.#bindings.accountOf(sessionKey, nowMs) === accountId) this.#bindings.delete(sessionKey);
    this.#picture.of(accountId).activeSessions.forget(sessionKey);
  }

  /** Forgets all that match; an empty field means any. */
  forget(selector: BindingSelector, nowMs: number): void {
    for (const { sessionKey, boundTo } of this.#bindings.take(selector, nowMs))
      this.#picture.of(boundTo).activeSessions.forget(sessionKey);
  }

  sweep(nowMs: number): void {
    this.#bindings.sweep(nowMs);
  }
}
