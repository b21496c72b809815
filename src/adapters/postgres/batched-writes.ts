export interface BatchedWritesOptions<Item, Result> {
  /** Writes a batch as one transaction and answers item by item, in order; rejects where nothing of it was kept. */
  readonly write: (batch: readonly Item[]) => Promise<readonly Result[]>;
  readonly maxBatch: number;
}

interface Pending<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit over a network: one batch is on its way at a time, and what comes in meanwhile is the next one. A lone item waits for
 * nobody; a thousand at once share a few round trips.
 */
export class BatchedWrites<Item, Result> {
  readonly #options: BatchedWritesOptions<Item, Result>;
  readonly #pending: Pending<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: BatchedWritesOptions<Item, Result>) {
    this.#options = options;
  }

  /** Settles once the item's transaction has ended: with its own answer, or with the error that failed its batch. */
  add(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#pending.push({ item, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves once nothing is pending. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever adds in this turn of the event loop is in the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) await this.#writeBatch();
    this.#running = undefined;
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#pending.splice(0, this.#options.maxBatch);
    try {
      const results = await this.#options.write(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
