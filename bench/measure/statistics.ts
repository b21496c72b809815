/** The lowest and the highest of several measurements. */
export interface Spread {
  readonly low: number;
  readonly high: number;
}

/** The value at a share (0 to 1) of the values in ascending order. Throws for no values. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const { length } = ascending;
  if (length === 0) throw new Error('no values, so no quantile');
  const index = Math.max(0, Math.min(length - 1, Math.ceil(length * share) - 1));
  return ascending[index]!;
}

/** The middle value; of an even number the mean of the middle two. Throws for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values, so no median');
  const ascending = values.toSorted((a, b) => a - b);
  const upper = ascending.length >> 1;
  return ascending.length % 2 === 1 ? ascending[upper]! : (ascending[upper - 1]! + ascending[upper]!) / 2;
}

/** Throws for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('no values, so no spread');
  return { low: Math.min(...values), high: Math.max(...values) };
}
