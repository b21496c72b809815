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
 * Whoever leaves a line after a turn passes the turn on, so that two slots freed at once serve two callers. And because a caller
 * decides to wait some time before it stands in line, each decision says as of which moment it was made: what was freed since
 * then lets the caller look again at once.
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
  /** As one who waits sees the lines: those who came earlier come first. */
  readonly view: LineView;
}

/** The lines as a decision sees them. */
export interface LineView {
  /** Whether others come first at the account. */
  isSpokenFor(accountId: string): boolean;
  /** The account the caller counts as waiting at, while it waits. */
  readonly waitsAt: string | undefined;
  /** Grows with every change that may let a caller go on. */
  readonly moment: number;
}

export interface Spot {
  /** The account the caller counts at. */
  readonly home: string;
  /** The full accounts a slot of which would do. */
  readonly lines: readonly string[];
  /** The moment the decision to wait was made at. */
  readonly decidedAt: number;
}

export interface EnterRequest {
  readonly spot: Spot;
  readonly untilMs: number;
  readonly call: Call;
  /** Callers of one key get the same lease, so one that leaves lets the others look; empty: none. */
  readonly requestKey: string;
}

interface Waiter {
  readonly seq: number;
  readonly requestKey: string;
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
  /** As one who does not wait sees the lines. */
  readonly newcomer: LineView;
  #seq = 0;
  #moment = 0;
  /** The moments of the latest freed slot, by account, and of the latest change of any other kind. */
  readonly #freedAt = new Map<string, number>();
  #reviewedAt = 0;
  #reviewDue = false;
  #closing = false;

  constructor({ clock, state }: WaitQueueOptions) {
    this.#clock = clock;
    this.#state = state;
    const moment = () => this.#moment;
    this.newcomer = {
      isSpokenFor: (accountId) => this.hasWaiters(accountId),
      waitsAt: undefined,
      get moment() {
        return moment();
      },
    };
    this.#stopListening = state.onChange((change) => {
      if (change.kind !== 'slot_freed') return this.reviewAll();
      this.#moment += 1;
      this.#freedAt.set(change.accountId, this.#moment);
      this.#wakeFirst(change.accountId);
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

  enter({ spot, untilMs, call, requestKey }: EnterRequest): Place {
    const waiter: Waiter = {
      seq: this.#seq,
      requestKey,
      home: '',
      lines: [],
      state: 'idle',
      missed: false,
      resume: undefined,
    };
    this.#seq += 1;
    this.#waiters.add(waiter);
    this.#stand(waiter, spot);
    return {
      turn: (reviewAtMs) => this.#turn(waiter, { untilMs, reviewAtMs, call }),
      leave: () => this.#leave(waiter),
      move: (next) => this.#stand(waiter, next),
      view: this.#viewOf(waiter),
    };
  }

  /** Lets every caller look again, in the order they came; once, however often it is asked for before they did. */
  reviewAll(): void {
    this.#moment += 1;
    this.#reviewedAt = this.#moment;
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

  #viewOf(waiter: Waiter): LineView {
    const moment = () => this.#moment;
    return {
      isSpokenFor: (accountId) => {
        for (const first of this.#lines.get(accountId) ?? []) return first.seq < waiter.seq;
        return false;
      },
      get waitsAt() {
        return waiter.home;
      },
      get moment() {
        return moment();
      },
    };
  }

  #stand(waiter: Waiter, { home, lines, decidedAt }: Spot): void {
    const left = waiter.lines.filter((accountId) => !lines.includes(accountId));
    const joined = lines.filter((accountId) => !waiter.lines.includes(accountId));
    this.#count(waiter, home);
    waiter.lines = lines;
    for (const accountId of left) this.#unline(waiter, accountId);
    for (const accountId of joined) this.#line(waiter, accountId);
    if (joined.some((accountId) => (this.#freedAt.get(accountId) ?? 0) > decidedAt)) waiter.missed = true;
    if (this.#reviewedAt > decidedAt) waiter.missed = true;
    if (waiter.state === 'in_turn') for (const accountId of left) this.#wakeFirst(accountId);
  }

  #count(waiter: Waiter, home: string): void {
    if (waiter.home === home) return;
    if (waiter.home !== '') this.#state.addWaiting(waiter.home, -1);
    if (home !== '') this.#state.addWaiting(home, 1);
    waiter.home = home;
  }

  #leave(waiter: Waiter): void {
    if (waiter.state === 'out') return;
    this.#stand(waiter, { home: '', lines: [], decidedAt: this.#moment });
    waiter.state = 'out';
    this.#waiters.delete(waiter);
    if (waiter.requestKey === '') return;
    for (const other of this.#waiters) if (other.requestKey === waiter.requestKey) this.#wake(other, 'look');
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
