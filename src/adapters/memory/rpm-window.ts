const slots = 60;
const slotMs = 1_000;

/** Counts events of the last 60 s in one slot a second, so that the window slides in steps of a second. */
export class RpmWindow {
  // Made at the first event: most accounts of a large pool are idle. A typed array of this length would be in memory of its own, for
  // which each of 10,000 accounts waits once more.
  #counts: number[] | undefined;
  /** The second of the latest slot, and how far the slots are turned against the seconds. */
  #latest = 0;
  #turn = 0;
  #total = 0;

  add(nowMs: number): void {
    this.#counts ??= new Array<number>(slots).fill(0);
    this.#advance(nowMs);
    this.#counts[this.#place(this.#latest)]! += 1;
    this.#total += 1;
  }

  count(nowMs: number): number {
    if (this.#total > 0) this.#advance(nowMs);
    return this.#total;
  }

  /** When the count falls below `limit` if nothing is added until then. */
  belowAtMs(limit: number, nowMs: number): number {
    let left = this.count(nowMs);
    if (left < limit || this.#counts === undefined) return nowMs;
    for (let second = this.#latest - slots + 1; second <= this.#latest; second += 1) {
      left -= this.#counts[this.#place(second)]!;
      if (left < limit) return (second + slots) * slotMs;
    }
    return nowMs;
  }

  /** Empties the slots that the window has left. */
  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / slotMs);
    const passed = second - this.#latest;
    if (passed <= 0) {
      // A little back is the jitter of callers: it counts as the latest second. Far back the clock was set: what was counted
      // keeps its age, else it would stay until the clock is here again.
      if (passed <= -slots) this.#setBack(second);
      return;
    }
    const counts = this.#counts!;
    if (passed >= slots) {
      counts.fill(0);
      this.#total = 0;
    } else {
      for (let left = this.#latest + 1; left <= second; left += 1) {
        const place = this.#place(left);
        this.#total -= counts[place]!;
        counts[place] = 0;
      }
    }
    this.#latest = second;
  }

  #setBack(second: number): void {
    this.#turn += this.#latest - second;
    this.#latest = second;
  }

  #place(second: number): number {
    return (((second + this.#turn) % slots) + slots) % slots;
  }
}
