import type { FiguresLog, LogEnd } from './figures-log.ts';
import { MarkPlaces } from './mark-places.ts';
import type { PoolEntry } from './pool-entry.ts';
import { preferencesOf } from './preferences.ts';
import { loadRateOf, type RankRules } from './rank.ts';
import { RankedOrder, type RankKey } from './ranked-order.ts';
import { type PoolQuestion, Standings } from './standings.ts';
import { unitBegins, unitEnd } from './units.ts';

export interface RankingOptions {
  /** The keys of a family one after the other. */
  readonly entries: readonly PoolEntry[];
  readonly rules: RankRules;
  readonly question: PoolQuestion;
  /** The log of the entries' figures; another than before: all of them may have changed. */
  readonly figuresLog: () => FiguresLog;
  /** 0 up to 1: decides between equal accounts. */
  readonly random: () => number;
}

/**
 * How the entries of a pool stand, and the order of the units that are open, brought up to date when it is asked for: by the
 * accounts whose figures changed since the last time, however many others there are.
 */
export class Ranking {
  readonly standings: Standings;
  readonly order: RankedOrder;
  /** Where each account is in the pool. */
  readonly positions: ReadonlyMap<string, number>;
  readonly #options: RankingOptions;
  readonly #preferences: Int32Array;
  readonly #begins: Int32Array | undefined;
  #places: MarkPlaces;
  #log: FiguresLog | undefined;
  /** Up to where the log's changes are taken in. */
  #seen: LogEnd = 0;
  #nowMs = 0;

  constructor(options: RankingOptions, positions: ReadonlyMap<string, number>) {
    const { entries, rules, question, random } = options;
    this.#options = options;
    this.positions = positions;
    this.#places = new MarkPlaces(positions);
    this.standings = new Standings(entries, question);
    this.order = new RankedOrder({ units: entries.length, byLastUse: rules.leastRecentlyUsed, random });
    this.#preferences = preferencesOf(entries, rules);
    this.#begins = unitBegins(entries);
  }

  get hasFamilies(): boolean {
    return this.#begins !== undefined;
  }

  /** Takes in what changed up to now. */
  catchUp(nowMs: number): void {
    const log = this.#options.figuresLog();
    // Where a clock was set back, what time has changed is to be changed back.
    const isOther = log !== this.#log || nowMs < this.#nowMs;
    this.#nowMs = nowMs;
    if (isOther) {
      this.#restart(log);
      return;
    }
    this.#seen = log.since(this.#seen, this.#changed);
    if (nowMs >= this.standings.nextMs)
      this.standings.judgeDue(nowMs, (position) => this.#rank(this.#unitOf(position)));
  }

  /** Draws the place of an account's unit among its equals anew. */
  redraw(position: number): void {
    this.order.redraw(this.#unitOf(position));
  }

  /** Judges and ranks an account that changed, where it is one of the pool. */
  readonly #changed = (ordinal: number, accountId: string): void => {
    const position = this.#places.positionOf(ordinal, accountId);
    if (position === undefined) return;
    this.standings.judge(position, this.#nowMs);
    this.#rank(this.#unitOf(position));
  };

  #restart(log: FiguresLog): void {
    const { entries } = this.#options;
    if (log !== this.#log) this.#places = new MarkPlaces(this.positions);
    this.#log = log;
    this.#seen = log.end();
    this.standings.restart(this.#nowMs);
    this.order.restart(unitsOf(entries), (unit) => this.#keyOf(unit));
  }

  #unitOf(position: number): number {
    return this.#begins === undefined ? position : this.#begins[position]!;
  }

  #rank(unit: number): void {
    const key = this.#keyOf(unit);
    if (key === undefined) this.order.remove(unit);
    else this.order.put(unit, key);
  }

  /** What the unit ranks by: its first account that is open. */
  #keyOf(unit: number): RankKey | undefined {
    const { entries } = this.#options;
    const position = this.#firstOpen(unit);
    if (position === undefined) return undefined;
    const entry = entries[position]!;
    return {
      preference: this.#preferences[position]!,
      loadRate: loadRateOf(entry.loadFactor, entry.figures),
      lastUsedAt: entry.figures.lastUsedAt,
    };
  }

  #firstOpen(unit: number): number | undefined {
    if (this.#begins === undefined) return this.standings.isOpen(unit) ? unit : undefined;
    const end = unitEnd(this.#options.entries, unit);
    for (let position = unit; position < end; position += 1)
      if (this.standings.isOpen(position)) return position;
    return undefined;
  }
}

function* unitsOf(entries: readonly PoolEntry[]): Iterable<number> {
  for (let unit = 0; unit < entries.length; unit = unitEnd(entries, unit)) yield unit;
}
