/** Somebody in line; who came earlier has the lower number, and nobody else has it. */
export interface InLine {
  readonly seq: number;
}

/**
 * A line of callers for each account, in the order they came, whenever they joined the line. Sorted arrays: of a thousand callers
 * in a hundred lines, a join takes well under a microsecond, where keeping the order of a Set took thirty.
 */
export class WaitingLines<Waiter extends InLine> {
  readonly #lines = new Map<string, Waiter[]>();

  isEmpty(accountId: string): boolean {
    return !this.#lines.has(accountId);
  }

  /** The first in line; with `after`, the first of those who came later than that. */
  first(accountId: string, after = -1): Waiter | undefined {
    const line = this.#lines.get(accountId);
    return line?.[placeOf(line, after + 1)];
  }

  /** A caller that joins late may have come before some of those in line. One that stands there already stays. */
  join(accountId: string, waiter: Waiter): void {
    const line = this.#lines.get(accountId);
    if (line === undefined) {
      this.#lines.set(accountId, [waiter]);
      return;
    }
    const place = placeOf(line, waiter.seq);
    if (line[place] !== waiter) line.splice(place, 0, waiter);
  }

  leave(accountId: string, waiter: Waiter): void {
    const line = this.#lines.get(accountId);
    if (line === undefined) return;
    const place = placeOf(line, waiter.seq);
    if (line[place] === waiter) line.splice(place, 1);
    if (line.length === 0) this.#lines.delete(accountId);
  }
}

/** The place of the first who came at `seq` or later. */
function placeOf(line: readonly InLine[], seq: number): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (line[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
