/** The latest changes that are kept in their order; a power of two. 16 kB. */
const ringLength = 4096;

/** Where the log ended at some time: what is noted later comes after it. */
export type LogEnd = number;

/**
 * Which accounts' figures changed. Telling a change costs the same however many pools hold the account, and whoever keeps something
 * made of figures (an order, a verdict) takes in what changed since it last looked, and nothing else.
 *
 * Accounts are numbers here, so what others' accounts did is passed over at a step in an array: with 100 groups most changes are those.
 * Whoever has fallen behind by more than the log keeps looks at each account once, which is as cheap.
 */
export class FiguresLog {
  /** Numbers of the accounts that changed; the latest is where `#end` points. */
  readonly #ring = new Int32Array(ringLength);
  /** By number: where the log ended with the account's latest change. */
  #changedAt = new Float64Array(64);
  readonly #accountIds: string[] = [];
  #end: LogEnd = 0;
  /** How far anybody has looked. */
  #seen: LogEnd = 0;

  /** Takes an account in, once for each. Answers its number. */
  add(accountId: string): number {
    const ordinal = this.#accountIds.push(accountId) - 1;
    if (ordinal === this.#changedAt.length) {
      const before = this.#changedAt;
      this.#changedAt = new Float64Array(2 * before.length);
      this.#changedAt.set(before);
    }
    return ordinal;
  }

  /** Notes that figures of the account with that number changed. */
  touch(ordinal: number): void {
    // A claim changes several figures of one account, and who looks next wants to know of that once.
    if (this.#end > this.#seen && this.#ring[this.#end % ringLength] === ordinal) return;
    this.#end += 1;
    this.#ring[this.#end % ringLength] = ordinal;
    this.#changedAt[ordinal] = this.#end;
  }

  /** Where the log ends now. */
  end(): LogEnd {
    this.#seen = this.#end;
    return this.#end;
  }

  /** Tells of each account that changed since the log ended there, once and in no order; answers where it ends now. */
  since(from: LogEnd, changed: (ordinal: number, accountId: string) => void): LogEnd {
    const end = this.end();
    const changedAt = this.#changedAt;
    if (end - from > ringLength) {
      for (let ordinal = 0; ordinal < this.#accountIds.length; ordinal += 1)
        if (changedAt[ordinal]! > from) changed(ordinal, this.#accountIds[ordinal]!);
      return end;
    }
    for (let at = from + 1; at <= end; at += 1) {
      const ordinal = this.#ring[at % ringLength]!;
      // Else it changed again, and comes later.
      if (changedAt[ordinal] === at) changed(ordinal, this.#accountIds[ordinal]!);
    }
    return end;
  }
}

/** An account's place in the log: made once for each, by the store that owns its figures. */
export class FiguresMark {
  readonly #log: FiguresLog;
  readonly #ordinal: number;

  constructor(log: FiguresLog, accountId: string) {
    this.#log = log;
    this.#ordinal = log.add(accountId);
  }

  /** Notes that figures of the account changed. */
  touch(): void {
    this.#log.touch(this.#ordinal);
  }
}
