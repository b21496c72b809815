/** The sessions an account has seen, by when it saw them last. The map's order is that of the last sight, oldest first. */
export class ActiveSessions {
  readonly #lastSeenMs = new Map<string, number>();
  #idleMs = 0;

  touch(sessionKey: string, nowMs: number, idleMs: number): void {
    this.#idleMs = idleMs;
    this.prune(nowMs);
    this.#lastSeenMs.delete(sessionKey);
    this.#lastSeenMs.set(sessionKey, nowMs);
  }

  count(nowMs: number, idleMs: number): number {
    this.#prune(nowMs, idleMs);
    return this.#lastSeenMs.size;
  }

  has(sessionKey: string, nowMs: number, idleMs: number): boolean {
    const seenMs = this.#lastSeenMs.get(sessionKey);
    return seenMs !== undefined && nowMs - seenMs < idleMs;
  }

  /** When the session seen least recently stops counting. */
  oldestEndsAtMs(nowMs: number, idleMs: number): number | undefined {
    this.#prune(nowMs, idleMs);
    for (const seenMs of this.#lastSeenMs.values()) return seenMs + idleMs;
    return undefined;
  }

  delete(sessionKey: string): void {
    this.#lastSeenMs.delete(sessionKey);
  }

  clear(): void {
    this.#lastSeenMs.clear();
  }

  /** Drops the sessions that have been idle for as long as the latest one may be. */
  prune(nowMs: number): void {
    this.#prune(nowMs, this.#idleMs);
  }

  #prune(nowMs: number, idleMs: number): void {
    for (const [sessionKey, seenMs] of this.#lastSeenMs) {
      if (nowMs - seenMs < idleMs) return;
      this.#lastSeenMs.delete(sessionKey);
    }
  }
}
