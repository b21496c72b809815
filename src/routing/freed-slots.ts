/** A decision to wait stands in line within microseconds, or some round trips to Redis: far fewer reports later. */
const momentsKept = 16_384;

/**
 * The moments at which something changed that may let a caller go on, and the account of which a slot was freed at each of the latest.
 * A ring, not a Map by account: it is written to at every report, and in a Map of 10,000 accounts each write waits for memory.
 */
export class FreedSlots {
  readonly #accountIds = new Array<string>(momentsKept).fill('');
  #moment = 0;

  /** The latest. */
  get moment(): number {
    return this.#moment;
  }

  /** A slot of the account was freed. */
  add(accountId: string): void {
    this.#moment += 1;
    this.#accountIds[this.#moment % momentsKept] = accountId;
  }

  /** Something else changed. */
  skip(): void {
    this.add('');
  }

  /** The accounts of which a slot was freed since the moment; undefined where that is too long ago to say, so that it may be any. */
  since(moment: number): ReadonlySet<string> | undefined {
    if (this.#moment - moment > momentsKept) return undefined;
    const freed = new Set<string>();
    for (let later = moment + 1; later <= this.#moment; later += 1)
      freed.add(this.#accountIds[later % momentsKept]!);
    return freed;
  }
}
