import type { Lease } from '../../ports/state-store.ts';

/** A held lease with what the store needs to end it. */
interface HeldLease {
  lease: Lease;
  readonly requestKey: string;
}

/** Width of an expiry bucket: leases that end within one are told apart by looking at each. */
const bucketMs = 100;

/**
 * The leases held, by id and by idempotency key, with their ends on a wheel of buckets: granting, renewing and ending one costs
 * the same whatever their number, and no lease has a timer.
 */
export class LeaseBook {
  readonly #held = new Map<string, HeldLease>();
  readonly #byRequest = new Map<string, string>();
  readonly #wheel = new Map<number, Set<string>>();
  /** The bucket looked into last: every one before it holds no lease that is over. */
  #sweptTo: number | undefined;

  get size(): number {
    return this.#held.size;
  }

  get(leaseId: string): Lease | undefined {
    return this.#held.get(leaseId)?.lease;
  }

  ofRequest(requestKey: string): Lease | undefined {
    const leaseId = this.#byRequest.get(requestKey);
    return leaseId === undefined ? undefined : this.get(leaseId);
  }

  add(lease: Lease, requestKey: string): void {
    this.#held.set(lease.id, { lease, requestKey });
    if (requestKey !== '') this.#byRequest.set(requestKey, lease.id);
    this.#file(lease);
  }

  /** Takes the lease out; undefined where it is not held. */
  take(leaseId: string): Lease | undefined {
    const held = this.#held.get(leaseId);
    if (held === undefined) return undefined;
    this.#held.delete(leaseId);
    // The key may be another lease's by now.
    if (this.#byRequest.get(held.requestKey) === leaseId) this.#byRequest.delete(held.requestKey);
    this.#unfile(held.lease);
    return held.lease;
  }

  /** Moves the end of a lease. Answers whether it is held. */
  extend(leaseId: string, expiresAtMs: number): boolean {
    const held = this.#held.get(leaseId);
    if (held === undefined) return false;
    this.#unfile(held.lease);
    held.lease = { ...held.lease, expiresAtMs };
    this.#file(held.lease);
    return true;
  }

  /** Takes out the leases that are over at `nowMs`. */
  takeExpired(nowMs: number): readonly Lease[] {
    const bucket = bucketOf(nowMs);
    const from = this.#sweptTo ?? Number.NEGATIVE_INFINITY;
    this.#sweptTo = bucket;
    if (this.#wheel.size === 0) return none;
    const ended: string[] = [];
    const look = (leaseId: string) => {
      if (this.get(leaseId)!.expiresAtMs <= nowMs) ended.push(leaseId);
    };
    if (bucket - from > this.#wheel.size) {
      for (const [index, ids] of this.#wheel) if (index <= bucket) ids.forEach(look);
    } else {
      for (let index = from; index <= bucket; index += 1) this.#wheel.get(index)?.forEach(look);
    }
    return ended.length === 0 ? none : ended.map((leaseId) => this.take(leaseId)!);
  }

  #file({ id, expiresAtMs }: Lease): void {
    const bucket = bucketOf(expiresAtMs);
    const ids = this.#wheel.get(bucket);
    if (ids === undefined) this.#wheel.set(bucket, new Set([id]));
    else ids.add(id);
  }

  #unfile({ id, expiresAtMs }: Lease): void {
    const bucket = bucketOf(expiresAtMs);
    const ids = this.#wheel.get(bucket);
    if (ids === undefined) return;
    ids.delete(id);
    if (ids.size === 0) this.#wheel.delete(bucket);
  }
}

const none: readonly Lease[] = [];

function bucketOf(timeMs: number): number {
  return Math.floor(timeMs / bucketMs);
}
