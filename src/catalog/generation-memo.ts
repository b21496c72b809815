/** How much a memo may keep: entries, and the sum of their weights. */
export interface MemoBounds {
  readonly maxEntries: number;
  readonly maxWeight: number;
}

/**
 * A bounded memo in two generations. When the young one has taken half of the bounds it becomes the old one, and what was old
 * and not asked for since is forgotten. So a stream of names that come once never drives out those in steady use, and a hit
 * costs two look-ups and no bookkeeping. Keys are a pair, so that no string has to be put together for a look-up.
 */
export class GenerationMemo<Scope extends object, Value> {
  readonly #maxEntries: number;
  readonly #maxWeight: number;
  #young = new Map<Scope, Map<string, Value>>();
  #old = new Map<Scope, Map<string, Value>>();
  #youngEntries = 0;
  #youngWeight = 0;
  #oldEntries = 0;

  constructor(bounds: MemoBounds) {
    this.#maxEntries = bounds.maxEntries / 2;
    this.#maxWeight = bounds.maxWeight / 2;
  }

  /** Entries held, of both generations; one asked for again may count twice. */
  get size(): number {
    return this.#youngEntries + this.#oldEntries;
  }

  /** The value kept, or the one `compute` makes. `weigh` is asked once per value taken in. */
  get(scope: Scope, name: string, compute: () => Value, weigh: (value: Value) => number): Value {
    const kept = this.#young.get(scope)?.get(name);
    if (kept !== undefined) return kept;
    const value = this.#old.get(scope)?.get(name) ?? compute();
    this.#keep(scope, name, value, weigh(value));
    return value;
  }

  #keep(scope: Scope, name: string, value: Value, weight: number): void {
    if (this.#youngEntries + 1 > this.#maxEntries || this.#youngWeight + weight > this.#maxWeight) {
      this.#old = this.#young;
      this.#oldEntries = this.#youngEntries;
      this.#young = new Map();
      this.#youngEntries = 0;
      this.#youngWeight = 0;
    }
    let names = this.#young.get(scope);
    if (names === undefined) {
      names = new Map();
      this.#young.set(scope, names);
    }
    names.set(name, value);
    this.#youngEntries += 1;
    this.#youngWeight += weight;
  }
}
