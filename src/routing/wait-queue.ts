import type { Clock, Timer } from '../ports/clock.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Call } from './api.ts';

/*
 * Callers that wait. Each counts as waiting at one account, its home, and stands in line at every full account that would do;
 * whichever frees a slot first serves the one that came first. What else may open an account (a probe that comes back, a
 * cooldown that ends) lets all of them look again. A caller is
 *
 *   waiting --an account frees, time to look again--> in turn --nothing for it--> waiting
 *                                                            --granted, or gone--> out
 *   waiting --timeout, caller gone, closing--> out
 *
 * Whoever leaves after a turn passes it on, so that two slots freed at once serve two callers.
 */

/** What a place in line came to: look again, or give up. */
export type Turn = 'look' | 'timeout' | 'cancelled' | 'closing';

export interface Place {
  /** Resolves when it is this caller's turn to look again, or when waiting is over. `reviewAtMs`: look again then at the latest. */
  turn(reviewAtMs: number | undefined): Promise<Turn>;
  /** Leaves the line. Must be called, however the wait ended. */
  leave(): void;
  /** Waits elsewhere from now on, without losing its place among those who came later. */
  move(spot: Spot): void;
  /** Whether callers that came earlier wait for the account. */
  isBehindAt(accountId: string): boolean;
}

export interface Spot {
  /** The account the caller counts at. */
  readonly home: string;
  /** The full accounts a slot of which would do. */
  readonly lines: readonly string[];
}

export interface EnterRequest extends Spot {
  readonly untilMs: number;
  readonly call: Call;
}

interface Waiter {
  readonly seq: number;
  home: string;
  lines: readonly string[];
  state: 'idle' | 'waiting' | 'in_turn' | 'out';
  /** A wake-up that came while nobody listened. */
  missed: boolean;
  resume: ((turn: Turn) => void) | undefined;
}

export interface WaitQueueOptions {
  readonly clock: Clock;
  readonly state: Pick<StateStore, 'addWaiting' | 'onChange'>;
}

export class WaitQueue {
  readonly #clock: Clock;
  readonly #state: Pick<StateStore, 'addWaiting'>;
  /** Each account's line, in order of arrival. */
  readonly #lines = new Map<string, Set<Waiter>>();
  readonly #waiters = new Set<Waiter>();
  readonly #stopListening: () => void;
  #seq = 0;
  #reviewDue = false;
  #closing = false;

  constructor({ clock, state }: WaitQueueOptions) {
    this.#clock = clock;
    this.#state = state;
    this.#stopListening = state.onChange((change) => {
      if (this.#waiters.size === 0) return;
      if (change.kind === 'slot_freed') this.#wakeFirst(change.accountId);
      else this.reviewAll();
    });
  }

  /** Callers waiting. */
  get size(): number {
    return this.#waiters.size;
  }

  /** Whether anybody stands in line for a slot of the account. */
  hasWaiters(accountId: string): boolean {
    return (this.#lines.get(accountId)?.size ?? 0) > 0;
  }

  enter({ home, lines, untilMs, call }: EnterRequest): Place {
    const waiter: Waiter = {
      seq: this.#seq,
      home: '',
      lines: [],
      state: 'idle',
      missed: this.#closing,
      resume: undefined,
    };
    this.#seq += 1;
    this.#waiters.add(waiter);
    this.#stand(waiter, { home, lines });
    return {
      turn: (reviewAtMs) => this.#turn(waiter, { untilMs, reviewAtMs, call }),
      leave: () => this.#leave(waiter),
      move: (spot) => this.#stand(waiter, spot),
      isBehindAt: (accountId) => {
        for (const other of this.#lines.get(accountId) ?? []) return other.seq < waiter.seq;
        return false;
      },
    };
  }

  /** Lets every caller look again, in the order they came; once, however often it is asked for before they did. */
  reviewAll(): void {
    if (this.#reviewDue || this.#waiters.size === 0) return;
    this.#reviewDue = true;
    queueMicrotask(() => {
      this.#reviewDue = false;
      for (const waiter of this.#waiters) this.#wake(waiter, 'look');
    });
  }

  /** Ends every wait, and those to come. */
  close(): void {
    this.#closing = true;
    this.#stopListening();
    for (const waiter of this.#waiters) this.#wake(waiter, 'closing');
  }

  #turn(
    waiter: Waiter,
    { untilMs, reviewAtMs, call }: { untilMs: number; reviewAtMs: number | undefined; call: Call },
  ): Promise<Turn> {
    const nowMs = this.#clock.now();
    if (this.#closing) return Promise.resolve('closing');
    if (call.cancelled) return Promise.resolve('cancelled');
    if (nowMs >= untilMs) return Promise.resolve('timeout');
    if (waiter.missed) {
      waiter.missed = false;
      waiter.state = 'in_turn';
      return Promise.resolve('look');
    }
    waiter.state = 'waiting';
    return new Promise((resolve) => {
      const timers: Timer[] = [this.#clock.schedule(untilMs - nowMs, () => this.#wake(waiter, 'timeout'))];
      if (reviewAtMs !== undefined && reviewAtMs < untilMs)
        timers.push(this.#clock.schedule(Math.max(0, reviewAtMs - nowMs), () => this.#wake(waiter, 'look')));
      const stopWatching = call.onCancel(() => this.#wake(waiter, 'cancelled'));
      waiter.resume = (turn) => {
        for (const timer of timers) timer.cancel();
        stopWatching();
        waiter.resume = undefined;
        waiter.state = 'in_turn';
        resolve(turn);
      };
    });
  }

  #wakeFirst(accountId: string): void {
    for (const waiter of this.#lines.get(accountId) ?? []) {
      if (waiter.state !== 'waiting') {
        // It looks at this moment, perhaps at figures from before: it looks once more, and passes the turn on if it leaves.
        waiter.missed = true;
        return;
      }
      this.#wake(waiter, 'look');
      return;
    }
  }

  #wake(waiter: Waiter, turn: Turn): void {
    if (waiter.resume !== undefined) waiter.resume(turn);
    else if (waiter.state === 'in_turn' || waiter.state === 'idle') waiter.missed = true;
  }

  #stand(waiter: Waiter, { home, lines }: Spot): void {
    if (waiter.home !== home) {
      if (waiter.home !== '') this.#state.addWaiting(waiter.home, -1);
      if (home !== '') this.#state.addWaiting(home, 1);
    }
    for (const accountId of waiter.lines) if (!lines.includes(accountId)) this.#unline(waiter, accountId);
    for (const accountId of lines) if (!waiter.lines.includes(accountId)) this.#line(waiter, accountId);
    waiter.home = home;
    waiter.lines = lines;
  }

  #leave(waiter: Waiter): void {
    if (waiter.state === 'out') return;
    const hadTurn = waiter.state === 'in_turn';
    const { lines } = waiter;
    this.#stand(waiter, { home: '', lines: [] });
    waiter.state = 'out';
    this.#waiters.delete(waiter);
    if (hadTurn) for (const accountId of lines) this.#wakeFirst(accountId);
  }

  /** A caller that moves here keeps the order of arrival: it may have come before some of those in line. */
  #line(waiter: Waiter, accountId: string): void {
    const line = this.#lines.get(accountId);
    if (line === undefined) {
      this.#lines.set(accountId, new Set([waiter]));
      return;
    }
    const later = [...line].filter(({ seq }) => seq > waiter.seq);
    for (const other of later) line.delete(other);
    line.add(waiter);
    for (const other of later) line.add(other);
  }

  #unline(waiter: Waiter, accountId: string): void {
    const line = this.#lines.get(accountId);
    line?.delete(waiter);
    if (line?.size === 0) this.#lines.delete(accountId);
  }
}
