/*
 * Stand-ins for the Map and the Set in which Node keeps the streams of an HTTP/2 session, which gain and lose an entry with every
 * call. A Map or Set builds a new table whenever the old one is full of gaps, and V8 links the old table to the new one. Once one
 * of them is promoted, it keeps all that came after it alive, and the calls in them, until the next full collection. What is here
 * clears its places and uses them again.
 */

/** Values by number, like a Map of them, but in no particular order. Few at a time: its places double when half of them are taken. */
export class StreamTable<Value> extends Map<number, Value> {
  #ids: number[] = places(64, 0);
  #values: (Value | undefined)[] = places(64, undefined);
  #size = 0;

  override get size(): number {
    return this.#size;
  }

  /** Places, taken or not. */
  get capacity(): number {
    return this.#ids.length;
  }

  override get(id: number): Value | undefined {
    return this.#values[this.#placeOf(id)];
  }

  override has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  override set(id: number, value: Value): this {
    let place = this.#placeOf(id);
    if (this.#values[place] === undefined) {
      if (2 * this.#size >= this.#ids.length) {
        this.#double();
        place = this.#placeOf(id);
      }
      this.#size += 1;
    }
    this.#ids[place] = id;
    this.#values[place] = value;
    return this;
  }

  override delete(id: number): boolean {
    let gap = this.#placeOf(id);
    if (this.#values[gap] === undefined) return false;
    this.#size -= 1;
    const mask = this.#ids.length - 1;
    // What would not be found past the gap moves into it, and leaves a gap itself.
    for (let place = (gap + 1) & mask; this.#values[place] !== undefined; place = (place + 1) & mask) {
      const wanted = this.#ids[place]! & mask;
      if (((place - wanted) & mask) < ((place - gap) & mask)) continue;
      this.#ids[gap] = this.#ids[place]!;
      this.#values[gap] = this.#values[place];
      gap = place;
    }
    this.#values[gap] = undefined;
    return true;
  }

  override clear(): void {
    this.#values.fill(undefined);
    this.#size = 0;
  }

  override forEach(visit: (value: Value, id: number, table: Map<number, Value>) => void): void {
    for (const [id, value] of this.entries()) visit(value, id, this);
  }

  override *entries(): MapIterator<[number, Value]> {
    // Of those there are now: a visitor may end the stream it is shown.
    const ids = this.#ids.slice();
    const values = this.#values.slice();
    for (const [place, value] of values.entries()) if (value !== undefined) yield [ids[place]!, value];
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

  /** Where the id is, else the gap where it would be. */
  #placeOf(id: number): number {
    const mask = this.#ids.length - 1;
    let place = id & mask;
    while (this.#values[place] !== undefined && this.#ids[place] !== id) place = (place + 1) & mask;
    return place;
  }

  #double(): void {
    const [ids, values] = [this.#ids, this.#values];
    this.#ids = places(2 * ids.length, 0);
    this.#values = places(2 * ids.length, undefined);
    for (const [from, value] of values.entries()) {
      if (value === undefined) continue;
      const place = this.#placeOf(ids[from]!);
      this.#ids[place] = ids[from]!;
      this.#values[place] = value;
    }
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

function places<Content>(count: number, content: Content): Content[] {
  return new Array<Content>(count).fill(content);
}
