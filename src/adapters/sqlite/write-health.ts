import type { Clock, Timer } from '../../ports/clock.ts';
import { wordsOf } from './sqlite-errors.ts';

/** How long after a failed write the store is tried again. */
const retryAfterMs = 1_000;

export interface WriteHealthOptions {
  readonly clock: Clock;
  /** Writes something small; throws where that fails. */
  readonly tryWrite: () => void;
}

/**
 * Whether the last write worked. After one that failed it tries by itself, every second: a sidecar that is not ready gets
 * no traffic, so waiting for a booking to succeed could be waiting for ever.
 */
export class WriteHealth {
  readonly #options: WriteHealthOptions;
  #fault: string | undefined;
  #retry: Timer | undefined;

  constructor(options: WriteHealthOptions) {
    this.#options = options;
  }

  /** Why the last write failed; undefined where it did not. */
  get fault(): string | undefined {
    return this.#fault;
  }

  succeeded(): void {
    this.#fault = undefined;
    this.stop();
  }

  failed(fault: string): void {
    this.#fault = fault;
    this.#retry ??= this.#options.clock.schedule(retryAfterMs, () => this.#tryAgain());
  }

  /** Tries no more. */
  stop(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #tryAgain(): void {
    this.#retry = undefined;
    try {
      this.#options.tryWrite();
      this.succeeded();
    } catch (error) {
      this.failed(wordsOf(error));
    }
  }
}
