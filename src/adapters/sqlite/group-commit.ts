export interface GroupCommitOptions<Item, Result> {
  /** Writes a batch as one transaction and answers item by item, in order; throws where nothing of it was kept. */
  readonly write: (batch: readonly Item[]) => readonly Result[];
  /** The most items of one transaction. What is beyond waits for the next turn, so other work gets its share. */
  readonly maxBatch: number;
}

interface Pending<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what was added in one turn of the event loop together, after that turn and off the caller's stack. The cost of a
 * commit is then shared by all calls that came in at once, and a lone one waits for nobody.
 */
export class GroupCommit<Item, Result> {
  readonly #options: GroupCommitOptions<Item, Result>;
  readonly #pending: Pending<Item, Result>[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#options = options;
  }

  /** Settles once the item's transaction has ended: with its own answer, or with the error that failed its batch. */
  add(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#pending.push({ item, resolve, reject });
    this.#turn ??= setImmediate(() => this.#takeTurn());
    return promise;
  }

  /** Writes all that is pending, now. */
  flush(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    while (this.#pending.length > 0) this.#writeBatch();
  }

  #takeTurn(): void {
    this.#turn = undefined;
    this.#writeBatch();
    if (this.#pending.length > 0) this.#turn ??= setImmediate(() => this.#takeTurn());
  }

  #writeBatch(): void {
    const batch = this.#pending.splice(0, this.#options.maxBatch);
    let results: readonly Result[];
    try {
      results = this.#options.write(batch.map(({ item }) => item));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
  }
}
