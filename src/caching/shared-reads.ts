import type { Clock } from '../ports/clock.ts';
import { within } from './deadline.ts';

export interface SharedReadsOptions<Item, Value> {
  readonly keyOf: (item: Item) => string;
  /** Reads all of them, by key; what can't be read is left out. Must not reject. */
  readonly read: (items: readonly Item[], nowMs: number) => Promise<ReadonlyMap<string, Value>>;
  readonly clock: Pick<Clock, 'schedule'>;
  /** The longest a caller waits. The read itself goes on, so that a slow store is not asked the same again. */
  readonly waitMs: number;
}

export interface SharedReading<Value> {
  readonly found: ReadonlyMap<string, Value>;
  /** Set where a read did not end in time; what others found is there. */
  readonly late: boolean;
}

/** Batched reads of which concurrent callers share those under way. */
export interface SharedReads<Item, Value> {
  /** Begins one read for the items nobody is reading, and waits for all of them. Never rejects. */
  read(items: readonly Item[], nowMs: number): Promise<SharedReading<Value>>;
}

interface Flight<Value> {
  found: ReadonlyMap<string, Value>;
  ended: Promise<void>;
}

/** See {@link SharedReads}. */
export function createSharedReads<Item, Value>(
  options: SharedReadsOptions<Item, Value>,
): SharedReads<Item, Value> {
  const { keyOf, read, clock, waitMs } = options;
  const underWay = new Map<string, Flight<Value>>();

  function begin(fresh: ReadonlyMap<string, Item>, nowMs: number): Flight<Value> {
    const flight: Flight<Value> = { found: new Map(), ended: Promise.resolve() };
    for (const key of fresh.keys()) underWay.set(key, flight);
    flight.ended = read([...fresh.values()], nowMs)
      .then((found) => {
        flight.found = found;
      })
      .finally(() => {
        for (const key of fresh.keys()) underWay.delete(key);
      });
    return flight;
  }

  return {
    async read(items, nowMs) {
      const flights = new Map<string, Flight<Value>>();
      const fresh = new Map<string, Item>();
      for (const item of items) {
        const key = keyOf(item);
        const flight = underWay.get(key);
        if (flight !== undefined) flights.set(key, flight);
        else fresh.set(key, item);
      }
      if (fresh.size > 0) {
        const flight = begin(fresh, nowMs);
        for (const key of fresh.keys()) flights.set(key, flight);
      }
      const ends = [...new Set(flights.values())].map((flight) => flight.ended);
      const { kind } = await within(clock, waitMs, Promise.all(ends));
      const found = new Map<string, Value>();
      for (const [key, flight] of flights) {
        const value = flight.found.get(key);
        if (value !== undefined) found.set(key, value);
      }
      return { found, late: kind === 'late' };
    },
  };
}
