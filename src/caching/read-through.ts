/** What a cache says of one item. */
export interface Reading<Value> {
  /** Undefined where the cache does not know it. */
  readonly value: Value | undefined;
  /** The version of the item when it was read; goes back with the sum. */
  readonly token: number;
}

export interface Sum<Item, Value> {
  readonly item: Item;
  readonly value: Value;
  readonly token: number;
}

export interface Found<Value> {
  readonly value: Value;
  /** The cache had it. */
  readonly cached: boolean;
}

export interface ReadThroughOptions<Item, Value> {
  readonly keyOf: (item: Item) => string;
  /** The cache's readings, in the order of the items. May reject. */
  readonly readCache: (items: readonly Item[], nowMs: number) => Promise<readonly Reading<Value>[]>;
  /** The values of items the cache does not know, by key; those that can't be had are left out. Must not reject. */
  readonly sum: (items: readonly Item[], nowMs: number) => Promise<ReadonlyMap<string, Value>>;
  /** Puts sums into the cache. May reject. */
  readonly fill: (sums: readonly Sum<Item, Value>[], nowMs: number) => Promise<void>;
  /** Told of each rejection. `what` completes the sentence "... failed". */
  readonly failed: (err: unknown, what: string) => void;
}

/**
 * Reads items through a cache: what it does not know is summed and put back. Where the cache can't be read everything is summed
 * and nothing put back, for without a token it could overwrite an increment. The promise never rejects.
 */
export function createReadThrough<Item, Value>(options: ReadThroughOptions<Item, Value>) {
  const { keyOf, readCache, sum, fill, failed } = options;

  return async (items: readonly Item[], nowMs: number): Promise<ReadonlyMap<string, Found<Value>>> => {
    const found = new Map<string, Found<Value>>();
    const tokens = new Map<Item, number | undefined>();
    const readings = await readCache(items, nowMs).catch((err: unknown) => {
      failed(err, 'reading the state store');
      return [];
    });
    for (const [i, item] of items.entries()) {
      const reading = readings[i];
      if (reading?.value === undefined) tokens.set(item, reading?.token);
      else found.set(keyOf(item), { value: reading.value, cached: true });
    }
    if (tokens.size === 0) return found;

    const values = await sum([...tokens.keys()], nowMs);
    const sums: Sum<Item, Value>[] = [];
    for (const [item, token] of tokens) {
      const value = values.get(keyOf(item));
      if (value === undefined) continue;
      found.set(keyOf(item), { value, cached: false });
      if (token !== undefined) sums.push({ item, value, token });
    }
    if (sums.length > 0) await fill(sums, nowMs).catch((err: unknown) => failed(err, 'the write-back'));
    return found;
  };
}
