/** What a wheel keeps, with the links of the slot it stands in. */
export interface Wheeled<Node> {
  /** Milliseconds since the epoch; must stay while the node is in the wheel. */
  expiresAtMs: number;
  before: Node | undefined;
  after: Node | undefined;
}

const slotMs = 100;
const slots = 4_096;

/**
 * Nodes by their end, in a wheel of slots of 100 ms that comes round every 7 minutes; a node that ends in a later round waits in its
 * slot. Putting one in and taking it out costs the same whatever their number, and nothing is allocated for it.
 */
export class ExpiryWheel<Node extends Wheeled<Node>> {
  readonly #slots: (Node | undefined)[] = new Array<Node | undefined>(slots).fill(undefined);
  #size = 0;
  /** The slot of time looked into last: what ends before it has been taken out. */
  #sweptTo = Number.NEGATIVE_INFINITY;

  add(node: Node): void {
    const index = indexOf(node.expiresAtMs);
    const first = this.#slots[index];
    node.before = undefined;
    node.after = first;
    if (first !== undefined) first.before = node;
    this.#slots[index] = node;
    this.#size += 1;
  }

  remove(node: Node): void {
    const { before, after } = node;
    if (before !== undefined) before.after = after;
    else this.#slots[indexOf(node.expiresAtMs)] = after;
    if (after !== undefined) after.before = before;
    // A node that is gone must not keep its neighbours from being collected.
    node.before = undefined;
    node.after = undefined;
    this.#size -= 1;
  }

  /** Takes out the nodes that are over at `nowMs`. A clock that steps back only makes it look again. */
  takeUpTo(nowMs: number): readonly Node[] {
    const last = Math.floor(nowMs / slotMs);
    const first = Math.max(this.#sweptTo, last - slots + 1);
    this.#sweptTo = last;
    if (this.#size === 0) return none;
    const over: Node[] = [];
    for (let slot = Math.min(first, last); slot <= last; slot += 1) {
      let node = this.#slots[slot % slots];
      for (; node !== undefined; node = node.after) if (node.expiresAtMs <= nowMs) over.push(node);
    }
    for (const node of over) this.remove(node);
    return over;
  }
}

const none: readonly never[] = [];

function indexOf(timeMs: number): number {
  return Math.floor(timeMs / slotMs) % slots;
}
