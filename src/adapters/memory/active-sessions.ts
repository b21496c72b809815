import { type Linked, RecencyMap } from './recency-map.ts';

/** A session that counts at an account. */
export interface ActiveSession extends Linked<ActiveSession> {
  lastSeenMs: number;
  /** Where it counts; undefined: nowhere any more. That of no account: what counted there was dropped at once. */
  home: RecencyMap<ActiveSession> | undefined;
}

/** The sessions an account has seen, by when it saw them last. */
export class ActiveSessions {
  #sessions = new RecencyMap<ActiveSession>();
  #idleMs = 0;

  /**
   * `idleMs`: how long the session counts from now. Answers its entry: given as `known` the next time it saves the look-up, and does
   * no harm where it counts here no more.
   */
  touch(sessionKey: string, nowMs: number, idleMs: number, known?: ActiveSession): ActiveSession {
    this.#idleMs = idleMs;
    this.prune(nowMs);
    const home = this.#sessions;
    const session = known?.home === home ? known : home.get(sessionKey);
    if (session === undefined) {
      const first = { key: sessionKey, older: undefined, newer: undefined, lastSeenMs: nowMs, home };
      home.add(first);
      return first;
    }
    session.lastSeenMs = nowMs;
    home.touch(session);
    return session;
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
    if (known !== undefined) this.#drop(known);
  }

  clear(): void {
    this.#sessions = new RecencyMap();
  }

  /** Drops the sessions that no longer count, by the idle time given last. */
  prune(nowMs: number): void {
    this.#dropIdle(nowMs, this.#idleMs);
  }

  #dropIdle(nowMs: number, idleMs: number): void {
    for (;;) {
      const { oldest } = this.#sessions;
      if (oldest === undefined || nowMs - oldest.lastSeenMs < idleMs) return;
      this.#drop(oldest);
    }
  }

  #drop(session: ActiveSession): void {
    this.#sessions.delete(session);
    session.home = undefined;
  }
}
