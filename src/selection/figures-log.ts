/**
 * Which accounts' figures changed, latest first. Telling a change costs the same however many pools hold the account, and whoever
 * keeps something made of figures (an order, a verdict) catches up with what changed since it last looked, and with nothing else.
 */
export class FiguresLog {
  #latest: FiguresMark | undefined;
  #changes = 0;

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
    return new FiguresMark(this, accountId);
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
  /** The log's count of changes when this account changed last; 0: never. */
  changedAt = 0;
  older: FiguresMark | undefined;
  newer: FiguresMark | undefined;
  readonly #log: FiguresLog;

  constructor(log: FiguresLog, accountId: string) {
    this.#log = log;
    this.accountId = accountId;
  }

  /** Notes that figures of the account changed. */
  touch(): void {
    this.#log.touch(this);
  }
}
