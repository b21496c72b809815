import type { Lease } from '../../ports/state-store.ts';

/** A held lease with what the store needs to end it. */
export interface HeldLease {
  lease: Lease;
  readonly requestKey: string;
}

/** Width of an expiry bucket: what a sweep may be late by unless it is asked to be exact. */
const bucketMs = 100;

/**
 * The leases held, by id and by idempotency key, with their ends on a wheel of buckets: granting, renewing and ending one costs
 * the same whatever their number, and no lease has a timer.
 */
export class LeaseBook {
  readonly #held = new Map<string, HeldLease>();
  readonly #byRequest = new Map<string, string>();
  readonly #wheel = new Map<number, Set<string>>();
  #sweptTo: number | undefined;

  get size(): number {
    return this.#held.size;
  }

  get(leaseId: string): HeldLease | undefined {
    return this.#held.get(leaseId);
  }

  ofRequest(requestKey: string): Lease | undefined {
    const leaseId = this.#byRequest.get(requestKey);
    return leaseId === undefined ? undefined : this.#held.get(leaseId)?.lease;
  }

  add(lease: Lease, requestKey: string): void {
    this.#held.set(lease.id, { lease, requestKey });
    if (requestKey !== '') this.#byRequest.set(requestKey, lease.id);
    this.#file(lease);
  }

  /** Takes the lease out; undefined where it is not held. */
  remove(leaseId: string): HeldLease | undefined {
    const held = this.#held.get(leaseId);
    if (held === undefined) return undefined;
    this.#held.delete(leaseId);
    if (held.requestKey !== '') this.#byRequest.delete(held.requestKey);
    this.#unfile(held.lease);
    return held;
  }

  extend(held: HeldLease, expiresAtMs: number, ttlMs: number): void {
    this.#unfile(held.lease);
    held.lease = { ...held.lease, expiresAtMs, ttlMs };
    this.#file(held.lease);
  }

  /** The leases that ended before the bucket of `nowMs`; with `exact`, all that ended by `nowMs`. The caller removes them. */
  expired(nowMs: number, exact: boolean): readonly HeldLease[] {
    const bucket = bucketOf(nowMs);
    const expired: HeldLease[] = [];
    const take = (leaseId: string) => {
      const held = this.#held.get(leaseId);
      if (held !== undefined && held.lease.expiresAtMs <= nowMs) expired.push(held);
    };
    if (this.#wheel.size > 0) {
      if (bucket - (this.#sweptTo ?? 0) > this.#wheel.size) {
        for (const [index, ids] of this.#wheel) if (index < bucket) ids.forEach(take);
      } else {
        for (let index = this.#sweptTo ?? bucket; index < bucket; index += 1)
          this.#wheel.get(index)?.forEach(take);
      }
      if (exact) this.#wheel.get(bucket)?.forEach(take);
    }
    this.#sweptTo = bucket;
    return expired;
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

function bucketOf(timeMs: number): number {
  return Math.floor(timeMs / bucketMs);
}
