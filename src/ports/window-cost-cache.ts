/** One account's window: its cost is what was spent since the start. */
export interface WindowCostKey {
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly windowStartMs: number;
}

export interface WindowCostReading {
  /** USD; undefined where the store does not know it. */
  readonly costUsd: number | undefined;
  /** The version of this key when it was read: any increment makes another. Means nothing but to the store that gave it. */
  readonly token: number;
}

export interface WindowCostEntry extends WindowCostKey {
  readonly costUsd: number;
  /** The token the key had before the cost was summed. */
  readonly token: number;
}

/** The window costs the state store keeps. It is authoritative: what it knows is never replaced by a sum made beside it. */
export interface WindowCostCache {
  /** The readings, in the order of the keys, all in one round trip. Rejects where the store can't answer. */
  read(keys: readonly WindowCostKey[], nowMs: number): Promise<readonly WindowCostReading[]>;
  /**
   * Puts in sums made from the ledger. An entry whose token is out of date is left out in silence: an increment came in between,
   * and the sum may or may not hold it.
   */
  fill(entries: readonly WindowCostEntry[], nowMs: number): Promise<void>;
}
