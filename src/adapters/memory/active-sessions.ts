import { type Linked, RecencyMap } from './recency-map.ts';

interface ActiveSession extends Linked<ActiveSession> {
  lastSeenMs: number;
}

/** The sessions an account has seen, by when it saw them last. */
export class ActiveSessions {
  readonly #sessions = new RecencyMap<ActiveSession>();
  #idleMs = 0;

  /** `idleMs`: how long the session counts from now. */
  touch(sessionKey: string, nowMs: number, idleMs: number): void {
    this.#idleMs = idleMs;
    this.prune(nowMs);
    const known = this.#sessions.get(sessionKey);
    if (known === undefined) {
      this.#sessions.add({ key: sessionKey, older: undefined, newer: undefined, lastSeenMs: nowMs });
      return;
    }
    known.lastSeenMs = nowMs;
    this.#sessions.touch(known);
  }

  count(nowMs: number, idleMs: number): number {
    this.#dropIdle(nowMs, idleMs);
    return this.#sessions.size;
  }

  has(sessionKey: string, nowMs: number, idleMs: number): boolean {
    const known = this.#sessions.get(sessionKey);
    return known !== undefined && nowMs - known.lastSeenMs < idleMs;
  }

  /** When the session seen least recently stops counting. */
  oldestEndsAtMs(nowMs: number, idleMs: number): number | undefined {
    this.#dropIdle(nowMs, idleMs);
    const { oldest } = this.#sessions;
    return oldest === undefined ? undefined : oldest.lastSeenMs + idleMs;
  }

  delete(sessionKey: string): void {
    const known = this.#sessions.get(sessionKey);
    if (known !== undefined) this.#sessions.delete(known);
  }

  clear(): void {
    this.#sessions.clear();
  }

  /** Drops the sessions that no longer count, by the idle time given last. */
  prune(nowMs: number): void {
    this.#dropIdle(nowMs, this.#idleMs);
  }

  #dropIdle(nowMs: number, idleMs: number): void {
    for (;;) {
      const { oldest } = this.#sessions;
      if (oldest === undefined || nowMs - oldest.lastSeenMs < idleMs) return;
      this.#sessions.delete(oldest);
    }
  }
}
