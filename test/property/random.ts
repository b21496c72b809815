/** Draws that a seed decides, so that a failing run can be made again. */
export interface Draws {
  /** 0 up to 1. */
  next(): number;
  /** A whole number from 0, below `count`. */
  below(count: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** The generator xorshift32, warmed up so that neighbouring seeds part ways. */
export function drawsOf(seed: number): Draws {
  let bits = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = () => {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    return (bits >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 8; round += 1) next();
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
  };
}
