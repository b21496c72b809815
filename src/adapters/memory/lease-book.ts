import { hashOf, leaseHash } from '../../collections/hash.ts';
import { PlaceMap } from '../../collections/place-map.ts';
import type { Lease } from '../../ports/state-store.ts';
import type { AccountFigures } from './account-figures.ts';
import { ExpiryWheel, type Wheeled } from './expiry-wheel.ts';

/** A held lease with what is needed to end it. */
export interface HeldLease {
  readonly lease: Lease;
  /** Of its account. */
  readonly figures: AccountFigures;
  /** Empty: no idempotency. */
  readonly requestKey: string;
}

interface Entry extends HeldLease, Wheeled<Entry> {
  lease: Lease;
}

/** The leases held, by id and by idempotency key. Granting, renewing and ending one costs the same whatever their number. */
export class LeaseBook {
  readonly #held = new PlaceMap<string, Entry>(leaseHash);
  readonly #byRequest = new PlaceMap<string, string>(hashOf);
  readonly #ends = new ExpiryWheel<Entry>();

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

  add({ lease, figures, requestKey }: HeldLease): void {
    const { id, expiresAtMs } = lease;
    const held: Entry = { lease, figures, requestKey, expiresAtMs, before: undefined, after: undefined };
    this.#held.set(id, held);
    if (requestKey !== '') this.#byRequest.set(requestKey, id);
    this.#ends.add(held);
  }

  /** Takes the lease out; undefined where it is not held. */
  take(leaseId: string): HeldLease | undefined {
    const held = this.#held.get(leaseId);
    if (held === undefined) return undefined;
    this.#ends.remove(held);
    this.#forget(held);
    return held;
  }

  /** Moves the end of a lease. Answers whether it is held. */
  extend(leaseId: string, expiresAtMs: number): boolean {
    const held = this.#held.get(leaseId);
    if (held === undefined) return false;
    this.#ends.remove(held);
    held.lease = { ...held.lease, expiresAtMs };
    held.expiresAtMs = expiresAtMs;
    this.#ends.add(held);
    return true;
  }

  /** Takes out the leases that are over at `nowMs`. */
  takeExpired(nowMs: number): readonly HeldLease[] {
    const ended = this.#ends.takeUpTo(nowMs);
    for (const held of ended) this.#forget(held);
    return ended;
  }

  #forget({ lease: { id }, requestKey }: HeldLease): void {
    this.#held.delete(id);
    // The key may be another lease's by now.
    if (requestKey !== '' && this.#byRequest.get(requestKey) === id) this.#byRequest.delete(requestKey);
  }
}
