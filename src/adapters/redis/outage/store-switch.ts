import type { Awaitable } from '../../../ports/awaitable.ts';
import type { Clock } from '../../../ports/clock.ts';
import { StateUnavailableError } from '../../../ports/state-unavailable.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { LocalTime } from './local-time.ts';
import type { LocalStore } from './outage-store.ts';

export interface StoreSwitchOptions {
  /** An empty store for the time of one outage. */
  readonly createLocal: () => LocalStore;
  /** `local`: go on by oneself; `deny`: reject until the store is back. */
  readonly onOutage: 'local' | 'deny';
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'info' | 'error'>;
  /** Connects anew: nothing has come back for a while over a connection that looks sound. */
  readonly reconnect: () => void;
  /** Runs once an outage has begun, before anything is asked of its store. */
  readonly lost: (outage: LocalTime) => void;
  /** Looks whether the store answers, and tells it what it missed. Rejects while it does not. */
  readonly reunite: (outage: LocalTime) => Promise<void>;
  /** Runs once the outage is over. */
  readonly back: (outage: LocalTime) => void;
}

/** One question, for whichever store is in charge. */
export interface Question<T> {
  readonly shared: () => Promise<T>;
  /** Runs where the shared store failed: notes what may have been done all the same. */
  readonly failed?: () => void;
  readonly local: (outage: LocalTime) => Awaitable<T>;
}

/** Between two looks whether the store is back. */
const lookEveryMs = 250;
/** After so many looks in vain the connection itself is doubted, and again after as many more. */
const doubtAfter = 6;

/*
 * Which store is in charge.
 *
 *   shared --a question fails--> away --a look succeeds, everything is told--> shared
 *
 * The first question that fails opens the outage: there is no counting of failures, since a question can wait for no second one,
 * and what is begun for nothing is over with the first look.
 */
export class StoreSwitch {
  readonly #options: StoreSwitchOptions;
  #outage: LocalTime | undefined;
  #generation = 0;
  #closed = false;

  constructor(options: StoreSwitchOptions) {
    this.#options = options;
  }

  /** Set while the shared store is away. */
  get outage(): LocalTime | undefined {
    return this.#outage;
  }

  /** Grows whenever another store takes charge. */
  get generation(): number {
    return this.#generation;
  }

  /** Asks the store in charge; where the shared one fails, what takes its place. */
  async ask<T>({ shared, failed, local }: Question<T>): Promise<T> {
    let cause: unknown;
    if (this.#outage === undefined) {
      try {
        return await shared();
      } catch (error) {
        if (!(error instanceof StateUnavailableError)) throw error;
        cause = error;
        failed?.();
      }
    }
    return local(this.standIn(cause));
  }

  /** The outage whose store answers in the shared one's place, begun for `cause` unless it runs. Throws where nothing may answer. */
  standIn(cause: unknown): LocalTime {
    const outage = this.#outage ?? this.#lose(cause);
    if (this.#options.onOutage === 'deny')
      throw new StateUnavailableError('the shared state is away', { cause });
    return outage;
  }

  close(): void {
    this.#closed = true;
    this.#outage?.close();
  }

  #lose(cause: unknown): LocalTime {
    const { clock, log, createLocal, onOutage, lost } = this.#options;
    log.error({ err: cause, onOutage }, 'the shared state is away');
    const outage = new LocalTime(createLocal(), clock.now());
    this.#outage = outage;
    this.#generation += 1;
    lost(outage);
    this.#look(outage, 1);
    return outage;
  }

  #look(outage: LocalTime, times: number): void {
    if (this.#closed) return;
    const { clock, reconnect, reunite, log } = this.#options;
    outage.timer = clock.schedule(lookEveryMs, async () => {
      try {
        await reunite(outage);
        this.#return(outage);
      } catch (err) {
        if (!(err instanceof StateUnavailableError))
          log.error({ err }, 'the shared state can not be rejoined');
        if (times % doubtAfter === 0) reconnect();
        this.#look(outage, times + 1);
      }
    });
  }

  #return(outage: LocalTime): void {
    if (this.#closed) return;
    const { log, clock, back } = this.#options;
    this.#outage = undefined;
    this.#generation += 1;
    outage.endedAtMs = clock.now();
    back(outage);
    log.info({ awayMs: outage.endedAtMs - outage.beganAtMs }, 'the shared state is back');
  }
}
