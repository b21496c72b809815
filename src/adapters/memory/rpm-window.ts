const slots = 60;
const slotMs = 1_000;

/** Counts events of the last 60 s in one slot a second, so that the window slides in steps of a second. */
export class RpmWindow {
  // Made at the first event: most accounts of a large pool are idle.
  #counts: Uint32Array | undefined;
  #latest = 0;
  #total = 0;

  add(nowMs: number): void {
    this.#counts ??= new Uint32Array(slots);
    this.#advance(nowMs);
    this.#counts[this.#latest % slots]! += 1;
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
    for (let slot = this.#latest - slots + 1; slot <= this.#latest; slot += 1) {
      left -= this.#counts[((slot % slots) + slots) % slots]!;
      if (left < limit) return (slot + slots) * slotMs;
    }
    return nowMs;
  }

  /** Empties the slots that the window has left. A clock that steps back counts into the latest slot. */
  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / slotMs);
    const passed = slot - this.#latest;
    if (passed <= 0) return;
    const counts = this.#counts!;
    if (passed >= slots) {
      counts.fill(0);
      this.#total = 0;
    } else {
      for (let index = this.#latest + 1; index <= slot; index += 1) {
        this.#total -= counts[index % slots]!;
        counts[index % slots] = 0;
      }
    }
    this.#latest = slot;
  }
}
