const slots = 60;
const slotMs = 1_000;

/** The requests of the last 60 s in slots of a second, as the scripts keep them (lua/includes/rpm.lua), read and added to here. */
export class RequestRing {
  // Decoded when first asked for: of most accounts nobody asks between two refreshes.
  #text = '';
  #counts: Uint16Array | undefined;
  #latest = 0;
  #total = 0;

  restore(text: string): void {
    this.#text = text;
    this.#counts = undefined;
  }

  add(nowMs: number): void {
    const counts = this.#advanced(nowMs);
    counts[this.#latest % slots]! += 1;
    this.#total += 1;
  }

  count(nowMs: number): number {
    if (this.#counts === undefined && this.#text === '') return 0;
    this.#advanced(nowMs);
    return this.#total;
  }

  /** When the count falls below `limit` if nothing is added until then. */
  belowAtMs(limit: number, nowMs: number): number {
    let left = this.count(nowMs);
    if (left < limit || this.#counts === undefined) return nowMs;
    for (let slot = this.#latest - slots + 1; slot <= this.#latest; slot += 1) {
      left -= this.#counts[slot % slots]!;
      if (left < limit) return (slot + slots) * slotMs;
    }
    return nowMs;
  }

  /** The counts with the slots emptied that the window has left. A clock that steps back counts into the latest slot. */
  #advanced(nowMs: number): Uint16Array {
    this.#counts ??= this.#decode();
    const counts = this.#counts;
    const slot = Math.floor(nowMs / slotMs);
    if (slot <= this.#latest) return counts;
    for (let index = Math.max(this.#latest + 1, slot - slots + 1); index <= slot; index += 1) {
      this.#total -= counts[index % slots]!;
      counts[index % slots] = 0;
    }
    this.#latest = slot;
    return counts;
  }

  #decode(): Uint16Array {
    const counts = new Uint16Array(slots);
    const [latest = '0', total = '0', ring = ''] = this.#text.split(':');
    this.#latest = Number(latest);
    this.#total = Number(total);
    for (let slot = 0; slot * 3 < ring.length; slot += 1)
      counts[slot] = Number.parseInt(ring.slice(slot * 3, slot * 3 + 3), 16);
    return counts;
  }
}
