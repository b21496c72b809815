import { quantile } from '../measure/statistics.ts';
import type { Latency } from './job.ts';

const most = 200_000;

/** Durations in milliseconds, bounded in number. */
export class Samples {
  readonly #values = new Float64Array(most);
  #count = 0;

  add(ms: number): void {
    if (this.#count < most) this.#values[this.#count++] = ms;
  }

  /** Undefined where there are none. */
  latency(): Latency | undefined {
    if (this.#count === 0) return undefined;
    const ascending = this.#values.slice(0, this.#count).sort();
    return { median: quantile(ascending, 0.5), p99: quantile(ascending, 0.99) };
  }
}
