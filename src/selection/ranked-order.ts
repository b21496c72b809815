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

/** A key's numbers lie side by side, at four places a key (the last one is spare): two keys share a line of the processor's cache. */
const placesEach = 4;
const preferenceAt = 0;
const loadRateAt = 1;
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

  constructor({ units, byLastUse, random }: RankedOrderOptions) {
    this.ties = new Float64Array(units);
    this.#keys = new Float64Array(units * placesEach);
    this.#list = new ChunkedList(units);
    this.#byLastUse = byLastUse;
    this.#random = random;
  }

  /** Tells of the units, best first, until `visit` answers true. Answers whether it did. */
  some(visit: (unit: number) => boolean): boolean {
    return this.#list.some(visit);
  }

  preferenceOf(unit: number): number {
    return this.#keys[unit * placesEach + preferenceAt]!;
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
    this.#list.restart(Int32Array.from(within).sort((one, other) => this.#compareUnits(one, other)));
  }

  /** Puts a unit where it belongs by now. */
  put(unit: number, key: RankKey): void {
    const isIn = this.#list.has(unit);
    if (isIn && this.#hasKey(unit, key)) return;
    if (isIn) this.#list.remove(unit);
    this.#setKey(unit, key);
    this.#insert(unit);
  }

  /** Draws a unit's place among its equals anew; nothing happens where it is not in. */
  redraw(unit: number): void {
    if (!this.#list.has(unit)) return;
    this.#list.remove(unit);
    this.#insert(unit);
  }

  /** Takes a unit out; nothing happens where it is not in. */
  remove(unit: number): void {
    if (!this.#list.has(unit)) return;
    this.#list.remove(unit);
    this.ties[unit] = this.#random();
  }

  /** Puts a unit that is not in at a random place among those that equal it. */
  #insert(unit: number): void {
    const list = this.#list;
    const compare = (other: number) => this.#compareKeys(other, unit);
    const begin = list.lowerBound(compare);
    const equals = list.distance(begin, list.upperBound(compare, begin));
    const place = equals === 0 ? 0 : Math.floor(this.#random() * (equals + 1));
    const before = place > 0 ? this.#tieAt(list.behind(begin, place - 1)) : undefined;
    const spot = list.behind(begin, place);
    const after = place < equals ? this.#tieAt(spot) : undefined;
    const tie = between(before, after);
    this.ties[unit] = tie;
    list.insert(spot, unit);
    if (tie === before || tie === after) this.#spreadTies(list.lowerBound(compare), equals + 1);
  }

  /** No number is left between two of so many equals: all get new ones. */
  #spreadTies(begin: Spot, equals: number): void {
    let place = 0;
    this.#list.some((unit) => {
      this.ties[unit] = place;
      place += 1;
      return place === equals;
    }, begin);
  }

  #tieAt(spot: Spot): number {
    return this.ties[this.#list.itemAt(spot)]!;
  }

  #setKey(unit: number, key: RankKey): void {
    const at = unit * placesEach;
    this.#keys[at + preferenceAt] = key.preference;
    this.#keys[at + loadRateAt] = key.loadRate;
    this.#keys[at + lastUsedAt] = key.lastUsedAt;
  }

  #hasKey(unit: number, key: RankKey): boolean {
    const at = unit * placesEach;
    return (
      this.#keys[at + preferenceAt] === key.preference &&
      this.#keys[at + loadRateAt] === key.loadRate &&
      this.#keys[at + lastUsedAt] === key.lastUsedAt
    );
  }

  #compareKeys(one: number, other: number): number {
    const keys = this.#keys;
    const a = one * placesEach;
    const b = other * placesEach;
    return (
      keys[a + preferenceAt]! - keys[b + preferenceAt]! ||
      keys[a + loadRateAt]! - keys[b + loadRateAt]! ||
      (this.#byLastUse ? keys[a + lastUsedAt]! - keys[b + lastUsedAt]! : 0)
    );
  }

  #compareUnits(one: number, other: number): number {
    return this.#compareKeys(one, other) || this.ties[one]! - this.ties[other]! || one - other;
  }
}

function between(before: number | undefined, after: number | undefined): number {
  if (before === undefined) return after === undefined ? 0 : after - 1;
  return after === undefined ? before + 1 : (before + after) / 2;
}
