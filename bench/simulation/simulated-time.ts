import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.ts';

interface Due {
  readonly atMs: number;
  readonly seq: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * A clock that jumps from one event to the next, in the order they fall due; those of one moment in the order they were set.
 * What an event lets go on goes as far as it can before the next one runs, so that a run is the same every time.
 */
export class SimulatedTime implements Clock {
  #nowMs: number;
  #seq = 0;
  /** A binary heap, the next event first. */
  readonly #heap: Due[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): { cancel(): void } {
    return this.at(this.#nowMs + Math.max(0, delayMs), run);
  }

  /** Runs `run` at that moment, or at the whole millisecond after it: clocks know no fractions. */
  at(atMs: number, run: () => void): { cancel(): void } {
    const due: Due = { atMs: Math.ceil(atMs), seq: this.#seq, run, cancelled: false };
    this.#seq += 1;
    this.#push(due);
    return {
      cancel: () => {
        due.cancelled = true;
      },
    };
  }

  /** Lives through everything that falls due up to `endMs`. */
  async runUntil(endMs: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.cancelled) continue;
      this.#nowMs = next.atMs;
      next.run();
      // Whatever that let go on has gone as far as it can by the next turn of the event loop.
      await setImmediate();
    }
    this.#nowMs = endMs;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq);
}
