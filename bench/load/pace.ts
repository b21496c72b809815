export interface PaceOptions {
  readonly perSecond: number;
  /** By the caller's clock, in milliseconds. */
  readonly beganMs: number;
  /** How long calls are planned for, in milliseconds. */
  readonly lastsMs: number;
}

/**
 * When each call of a constant rate is to be sent, whatever became of those before it. Latency counted from that moment holds the time
 * a call had to wait for a server, or a client, that was late: a load that waits for its answers leaves exactly the worst ones out.
 */
export class Pace {
  /** Calls planned in all. */
  readonly total: number;
  readonly #perMs: number;
  readonly #beganMs: number;

  constructor({ perSecond, beganMs, lastsMs }: PaceOptions) {
    this.#perMs = perSecond / 1000;
    this.#beganMs = beganMs;
    this.total = Math.round((perSecond * lastsMs) / 1000);
  }

  /** When the n-th call, counted from 0, is to be sent. */
  plannedMs(n: number): number {
    return this.#beganMs + n / this.#perMs;
  }

  /** How many calls are to have been sent by now. */
  dueBy(nowMs: number): number {
    if (nowMs < this.#beganMs) return 0;
    return Math.min(this.total, Math.floor((nowMs - this.#beganMs) * this.#perMs) + 1);
  }
}
