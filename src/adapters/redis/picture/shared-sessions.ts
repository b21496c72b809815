import { LRUCache } from 'lru-cache';

/** Sessions of one account this sidecar knows by name. */
const maxKnown = 10_000;

/**
 * How many sessions an account has, by the store's last word, and which of them this sidecar has met. Between two words the count
 * can only be too high by sessions that fell idle; then one is taken off, and a claim settles whether there is room.
 */
export class SharedSessions {
  #count = 0;
  #oldestSeenMs = 0;
  #known: LRUCache<string, number> | undefined;

  restore(count: number, oldestSeenMs: number): void {
    this.#count = count;
    this.#oldestSeenMs = oldestSeenMs;
  }

  meet(sessionKey: string, seenMs: number): void {
    this.#known ??= new LRUCache({ max: maxKnown });
    this.#known.set(sessionKey, seenMs);
  }

  count(nowMs: number, idleMs: number): number {
    return this.#count > 0 && this.#oldestSeenMs + idleMs <= nowMs ? this.#count - 1 : this.#count;
  }

  has(sessionKey: string, nowMs: number, idleMs: number): boolean {
    const seenMs = this.#known?.peek(sessionKey);
    return seenMs !== undefined && nowMs - seenMs < idleMs;
  }

  oldestEndsAtMs(nowMs: number, idleMs: number): number | undefined {
    if (this.#count === 0) return undefined;
    return Math.max(nowMs, this.#oldestSeenMs + idleMs);
  }

  forget(sessionKey: string): void {
    this.#known?.delete(sessionKey);
  }
}
