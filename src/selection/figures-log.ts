/**
 * Which accounts' figures changed, latest first. Telling a change costs the same however many pools hold the account, and whoever
 * keeps something made of figures (an order, a verdict) catches up with what changed since it last looked, and with nothing else.
 */
export class FiguresLog {
  #latest: FiguresMark | undefined;
  #changes = 0;
  #marks = 0;

  /** Grows with every change. */
  get changes(): number {
    return this.#changes;
  }

  /** The account changed last; undefined before the first change. */
  get latest(): FiguresMark | undefined {
    return this.#latest;
  }

  /** The mark of an account: made once for each, by the store that owns its figures. */
  mark(accountId: string): FiguresMark {
    this.#marks += 1;
    return new FiguresMark(this, accountId, this.#marks - 1);
  }

  /** Notes that figures of the account changed. */
  touch(mark: FiguresMark): void {
    this.#changes += 1;
    mark.changedAt = this.#changes;
    const before = this.#latest;
    if (before === mark) return;
    if (mark.newer !== undefined) mark.newer.older = mark.older;
    if (mark.older !== undefined) mark.older.newer = mark.newer;
    mark.newer = undefined;
    mark.older = before;
    if (before !== undefined) before.newer = mark;
    this.#latest = mark;
  }
}

/** An account's place in the log. Its neighbours are those changed before and after it; the log alone moves it. */
export class FiguresMark {
  readonly accountId: string;
  /** Its number among the marks of the log, in the order they were made, from 0. */
  readonly ordinal: number;
  /** The log's count of changes when this account changed last; 0: never. */
  changedAt = 0;
  older: FiguresMark | undefined;
  newer: FiguresMark | undefined;
  readonly #log: FiguresLog;

  constructor(log: FiguresLog, accountId: string, ordinal: number) {
    this.#log = log;
    this.accountId = accountId;
    this.ordinal = ordinal;
  }

  /** Notes that figures of the account changed. */
  touch(): void {
    this.#log.touch(this);
  }
}
