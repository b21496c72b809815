/**
 * Values by key, the latest `max` for certain and up to twice as many: two generations, of which the older is dropped whole when the
 * younger is full. A Map that loses its first key again and again gets slow.
 */
export class RecentMap<Value> {
  readonly #max: number;
  readonly #onForgotten: (key: string) => void;
  #younger = new Map<string, Value>();
  #older = new Map<string, Value>();

  /** `onForgotten` is told each key that is dropped for want of room. */
  constructor(max: number, onForgotten: (key: string) => void = () => undefined) {
    this.#max = max;
    this.#onForgotten = onForgotten;
  }

  get(key: string): Value | undefined {
    return this.#younger.get(key) ?? this.#older.get(key);
  }

  /** Sets the value of a key that has none. */
  add(key: string, value: Value): void {
    this.#younger.set(key, value);
    if (this.#younger.size < this.#max) return;
    for (const forgotten of this.#older.keys()) this.#onForgotten(forgotten);
    this.#older = this.#younger;
    this.#younger = new Map();
  }

  /** Takes the value out; undefined where there is none. */
  take(key: string): Value | undefined {
    const value = this.get(key);
    if (!this.#younger.delete(key)) this.#older.delete(key);
    return value;
  }
}
