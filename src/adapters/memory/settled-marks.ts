/*
 * A mark is 64 bits of a hash, in one of two tables, each a generation: when the younger is full the older is emptied and they change
 * places. With 200,000 marks a lease that was never settled is taken for a settled one once in 10^14 times. A mark costs 20 to 40 bytes,
 * once, and no allocation; strings in Sets took 76, and became garbage that outlives the young generation, one for every lease.
 */

/** Remembers that leases were settled: the latest `max` for certain, and up to twice as many. */
export class SettledMarks {
  readonly #max: number;
  readonly #mask: number;
  #younger: Generation | undefined;
  #older: Generation | undefined;

  constructor(max: number) {
    this.#max = max;
    // At most half full, so that a search is short.
    this.#mask = 2 ** Math.ceil(Math.log2(max * 2)) - 1;
  }

  has(leaseId: string): boolean {
    if (this.#younger === undefined) return false;
    const mark = markOf(leaseId);
    return this.#isIn(this.#younger, mark) || (this.#older !== undefined && this.#isIn(this.#older, mark));
  }

  add(leaseId: string): void {
    this.#younger ??= this.#empty();
    const { slots } = this.#younger;
    const mark = markOf(leaseId);
    const at = this.#find(this.#younger, mark);
    if (slots[at] !== 0) return;
    slots[at] = mark.low;
    slots[at + 1] = mark.high;
    this.#younger.count += 1;
    if (this.#younger.count < this.#max) return;
    const emptied = this.#older ?? this.#empty();
    emptied.slots.fill(0);
    emptied.count = 0;
    this.#older = this.#younger;
    this.#younger = emptied;
  }

  #empty(): Generation {
    return { slots: new Uint32Array((this.#mask + 1) * 2), count: 0 };
  }

  #isIn(generation: Generation, mark: Mark): boolean {
    return generation.slots[this.#find(generation, mark)] !== 0;
  }

  /** Where the mark stands, or would stand. */
  #find({ slots }: Generation, { low, high }: Mark): number {
    let slot = high & this.#mask;
    while (slots[slot * 2] !== 0 && (slots[slot * 2] !== low || slots[slot * 2 + 1] !== high))
      slot = (slot + 1) & this.#mask;
    return slot * 2;
  }
}

interface Generation {
  /** Pairs: the low half of a mark, never 0 where there is one, and the high half. */
  readonly slots: Uint32Array;
  count: number;
}

interface Mark {
  readonly low: number;
  readonly high: number;
}

/** Of the lease id's first part, which no other lease has. */
function markOf(leaseId: string): Mark {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let at = 0; at < leaseId.length; at += 1) {
    const code = leaseId.charCodeAt(at);
    if (code === dot) break;
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x5bd1e995);
    high ^= high >>> 15;
  }
  return { low: spread(low ^ high) || 1, high: spread(high) };
}

const dot = '.'.charCodeAt(0);

/** The finalizer of MurmurHash3: every bit depends on every other. */
function spread(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
