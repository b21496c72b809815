import { ChunkedList, type Spot } from '../collections/chunked-list.ts';

/** What a unit ranks by; compared field by field, lower first. */
export interface RankKey {
  readonly preference: number;
  readonly loadRate: number;
  readonly lastUsedAt: number;
}

export interface RankedOrderOptions {
  /** How many units there are, in the order or not. */
  readonly units: number;
  /** Off: units of one load are equal whenever they were used, and each use puts one at a new place among its equals. */
  readonly byLastUse: boolean;
  /** 0 up to 1. */
  readonly random: () => number;
}

/** A key's numbers lie side by side, four places a key, so that a look at one of 10,000 waits for memory once. */
const keyLength = 4;
const preference = 0;
const loadRate = 1;
const lastUsedAt = 2;

/**
 * The units of a pool that could serve, kept in the order of their rank. A unit is a number below the pool's size. Among equals the
 * order is drawn: whatever comes in is put at a random place among those equal to it, so that any of them is as likely to be first
 * as any other, whoever was first before.
 */
export class RankedOrder {
  /** What decides among equals, by unit; of a unit that is not in the order, a number drawn when it left. */
  readonly ties: Float64Array;
  readonly #keys: Float64Array;
  readonly #list: ChunkedList;
  readonly #byLastUse: boolean;
  readonly #random: () => number;
  /** What is looked for in the list. */
  #sought: RankKey = { preference: 0, loadRate: 0, lastUsedAt: 0 };

  constructor({ units, byLastUse, random }: RankedOrderOptions) {
    this.ties = new Float64Array(units);
    this.#keys = new Float64Array(units * keyLength);
    this.#list = new ChunkedList({ items: units, compare: (unit) => this.#compareToSought(unit) });
    this.#byLastUse = byLastUse;
    this.#random = random;
  }

  get size(): number {
    return this.#list.size;
  }

  /** The unit at a place, 0 for the best. */
  at(place: number): number {
    return this.#list.at(place);
  }

  preferenceOf(unit: number): number {
    return this.#keys[unit * keyLength + preference]!;
  }

  /** Puts all units in anew. `keyOf`: undefined for those that stay out. */
  restart(units: Iterable<number>, keyOf: (unit: number) => RankKey | undefined): void {
    const within: number[] = [];
    for (const unit of units) {
      const key = keyOf(unit);
      this.ties[unit] = this.#random();
      if (key === undefined) continue;
      this.#setKey(unit, key);
      within.push(unit);
    }
    this.#list.restart(Int32Array.from(within).sort((one, other) => this.#compare(one, other)));
  }

  /** Puts a unit where it belongs by now. */
  put(unit: number, key: RankKey): void {
    const isIn = this.#list.has(unit);
    if (isIn && this.#hasKey(unit, key)) return;
    if (isIn) this.#list.remove(unit);
    this.#setKey(unit, key);
    this.#insert(unit, key);
  }

  /** Draws a unit's place among its equals anew; nothing happens where it is not in. */
  redraw(unit: number): void {
    if (!this.#list.has(unit)) return;
    this.#list.remove(unit);
    this.#insert(unit, this.#keyOf(unit));
  }

  /** Takes a unit out; nothing happens where it is not in. */
  remove(unit: number): void {
    if (!this.#list.has(unit)) return;
    this.#list.remove(unit);
    this.ties[unit] = this.#random();
  }

  #insert(unit: number, key: RankKey): void {
    const list = this.#list;
    this.#sought = key;
    const begin = list.lowerBound();
    const equals = list.distance(begin, list.upperBound(begin));
    const place = equals === 0 ? 0 : Math.floor(this.#random() * (equals + 1));
    const before = place > 0 ? this.#tieAt(list.behind(begin, place - 1)) : undefined;
    const spot = list.behind(begin, place);
    const after = place < equals ? this.#tieAt(spot) : undefined;
    const tie = between(before, after);
    this.ties[unit] = tie;
    list.insert(spot, unit);
    if (tie === before || tie === after) this.#spreadTies(equals + 1);
  }

  /** No number is left between two of the units equal to what is looked for: all get new ones. */
  #spreadTies(equals: number): void {
    const begin = this.#list.lowerBound();
    for (let place = 0; place < equals; place += 1)
      this.ties[this.#list.itemAt(this.#list.behind(begin, place))] = place;
  }

  #tieAt(spot: Spot): number {
    return this.ties[this.#list.itemAt(spot)]!;
  }

  #setKey(unit: number, key: RankKey): void {
    const at = unit * keyLength;
    this.#keys[at + preference] = key.preference;
    this.#keys[at + loadRate] = key.loadRate;
    this.#keys[at + lastUsedAt] = key.lastUsedAt;
  }

  #keyOf(unit: number): RankKey {
    const at = unit * keyLength;
    return {
      preference: this.#keys[at + preference]!,
      loadRate: this.#keys[at + loadRate]!,
      lastUsedAt: this.#keys[at + lastUsedAt]!,
    };
  }

  #hasKey(unit: number, key: RankKey): boolean {
    const at = unit * keyLength;
    return (
      this.#keys[at + preference] === key.preference &&
      this.#keys[at + loadRate] === key.loadRate &&
      this.#keys[at + lastUsedAt] === key.lastUsedAt
    );
  }

  #compareToSought(unit: number): number {
    const at = unit * keyLength;
    const sought = this.#sought;
    return (
      this.#keys[at + preference]! - sought.preference ||
      this.#keys[at + loadRate]! - sought.loadRate ||
      (this.#byLastUse ? this.#keys[at + lastUsedAt]! - sought.lastUsedAt : 0)
    );
  }

  #compare(one: number, other: number): number {
    this.#sought = this.#keyOf(other);
    return this.#compareToSought(one) || this.ties[one]! - this.ties[other]! || one - other;
  }
}

function between(before: number | undefined, after: number | undefined): number {
  if (before === undefined) return after === undefined ? 0 : after - 1;
  return after === undefined ? before + 1 : (before + after) / 2;
}
