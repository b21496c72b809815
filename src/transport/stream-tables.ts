import { PlaceMap } from '../collections/place-map.ts';

/*
 * Stand-ins for the Map and the Set in which Node keeps the streams of an HTTP/2 session, which gain and lose an entry with every
 * call, and so build new tables all the time; see PlaceMap for what comes of that.
 */

/** Values by number, in no order. */
export class StreamTable<Value> extends Map<number, Value> {
  readonly #places = new PlaceMap<number, Value>((id) => id);

  override get size(): number {
    return this.#places.size;
  }

  override get(id: number): Value | undefined {
    return this.#places.get(id);
  }

  override has(id: number): boolean {
    return this.#places.get(id) !== undefined;
  }

  override set(id: number, value: Value): this {
    this.#places.set(id, value);
    return this;
  }

  override delete(id: number): boolean {
    return this.#places.delete(id);
  }

  override clear(): void {
    this.#places.clear();
  }

  override forEach(visit: (value: Value, id: number, table: Map<number, Value>) => void): void {
    for (const [id, value] of this.entries()) visit(value, id, this);
  }

  /** Of those there are now: a visitor may end the stream it is shown. */
  override entries(): MapIterator<[number, Value]> {
    return this.#places.entries().values();
  }

  override *keys(): MapIterator<number> {
    for (const [id] of this.entries()) yield id;
  }

  override *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  override [Symbol.iterator](): MapIterator<[number, Value]> {
    return this.entries();
  }
}

/** What is in it, each once, like a Set. One or two at a time: it looks through all of them. */
export class StreamList<Value> extends Set<Value> {
  readonly #list: Value[] = [];

  override get size(): number {
    return this.#list.length;
  }

  override has(value: Value): boolean {
    return this.#list.includes(value);
  }

  override add(value: Value): this {
    if (!this.has(value)) this.#list.push(value);
    return this;
  }

  override delete(value: Value): boolean {
    const place = this.#list.indexOf(value);
    if (place < 0) return false;
    this.#list.splice(place, 1);
    return true;
  }

  override clear(): void {
    this.#list.length = 0;
  }

  override forEach(visit: (value: Value, again: Value, list: Set<Value>) => void): void {
    for (const value of this.values()) visit(value, value, this);
  }

  override *values(): SetIterator<Value> {
    yield* this.#list.slice();
  }

  override keys(): SetIterator<Value> {
    return this.values();
  }

  override *entries(): SetIterator<[Value, Value]> {
    for (const value of this.values()) yield [value, value];
  }

  override [Symbol.iterator](): SetIterator<Value> {
    return this.values();
  }
}
