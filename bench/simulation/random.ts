/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number, at least 0, below `count`. */
  below(count: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** Exponentially distributed, as the gaps between independent events are. */
  exponential(mean: number): number;
  /** Log-normally distributed, as the durations of answers are: many short, a few very long. `sigma` 1 is a wide spread. */
  logNormal(median: number, sigma: number): number;
}

/** A Weyl sequence through the finalizer of MurmurHash3; 32 bits a draw. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    next,
    below,
    pick: (items) => items[below(items.length)]!,
    exponential: (mean) => -mean * Math.log(1 - next()),
    logNormal: (median, sigma) =>
      median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  };
}
