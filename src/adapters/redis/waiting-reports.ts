import type { Clock, Timer } from '../../ports/clock.ts';
import type { RunScript } from './calls.ts';
import type { Picture } from './picture/picture.ts';
import { accountsOf, listOf, numberOf } from './reply.ts';

export interface WaitingReportsOptions {
  readonly run: RunScript;
  readonly picture: Picture;
  readonly sidecar: string;
  readonly clock: Clock;
}

/** Between two tellings, so that their number does not grow with that of callers. */
const pauseMs = 50;

/** Tells the store how many callers wait here, account by account: soon after it changed, and all changes of a while at once. */
export class WaitingReports {
  readonly #options: WaitingReportsOptions;
  readonly #changed = new Set<string>();
  #timer: Timer | undefined;
  #isTelling = false;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: WaitingReportsOptions) {
    this.#options = options;
  }

  changed(accountId: string): void {
    this.#changed.add(accountId);
    this.#plan();
  }

  /** Tells everything anew: the store forgot it. */
  tellAll(): void {
    for (const figures of this.#options.picture.all()) {
      figures.waitingReported = 0;
      if (figures.waitingHere > 0) this.#changed.add(figures.accountId);
    }
    this.#plan();
  }

  /** Tells what could not be told before. */
  tellRest(): void {
    this.#plan();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #plan(): void {
    if (this.#closed || this.#isTelling || this.#timer !== undefined || this.#changed.size === 0) return;
    const { clock } = this.#options;
    const dueMs = Math.max(0, this.#toldAtMs + pauseMs - clock.now());
    this.#timer = clock.schedule(dueMs, () => {
      this.#timer = undefined;
      void this.#tell();
    });
  }

  async #tell(): Promise<void> {
    const { run, picture, sidecar, clock } = this.#options;
    const told = [...this.#changed]
      .map((accountId) => ({ figures: picture.of(accountId), count: picture.of(accountId).waitingHere }))
      .filter(({ figures, count }) => count !== figures.waitingReported);
    this.#changed.clear();
    if (told.length === 0) return;
    this.#isTelling = true;
    this.#toldAtMs = clock.now();
    const args = told.flatMap(({ figures, count }) => [figures.accountId, count]);
    try {
      await run(
        { operation: 'figures', script: 'set-waiting', args: [clock.now(), sidecar, ...args] },
        (reply) => {
          for (const { figures, count } of told) figures.waitingReported = count;
          const [stamp, accounts] = listOf(reply);
          picture.restore(accountsOf(accounts), numberOf(stamp), { tell: true });
        },
      );
    } catch {
      // Counted where it failed. It is told with the next change, or when the store is heard from again.
      for (const { figures } of told) this.#changed.add(figures.accountId);
      this.#isTelling = false;
      return;
    }
    this.#isTelling = false;
    this.#plan();
  }
}
