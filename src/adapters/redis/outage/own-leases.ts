import { leaseHash } from '../../../collections/hash.ts';
import { PlaceMap } from '../../../collections/place-map.ts';
import type { Lease } from '../../../ports/state-store.ts';

/** A lease this sidecar granted and nobody ended yet. */
export interface OwnLease {
  readonly lease: Lease;
  readonly requestKey: string;
  /** Whether the shared store may know of it. */
  readonly isShared: boolean;
}

/** The leases granted here, whichever store granted them: what is taken along when the stores change. */
export class OwnLeases {
  readonly #held = new PlaceMap<string, OwnLease>(leaseHash);
  /** None of them is over before this. */
  #earliestMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#held.size;
  }

  get(leaseId: string): OwnLease | undefined {
    return this.#held.get(leaseId);
  }

  add(own: OwnLease): void {
    const { id, expiresAtMs } = own.lease;
    this.#held.set(id, own);
    if (expiresAtMs < this.#earliestMs) this.#earliestMs = expiresAtMs;
  }

  /** Takes the lease out; undefined where it was not granted here, or is over. */
  take(leaseId: string): OwnLease | undefined {
    const own = this.#held.get(leaseId);
    this.#held.delete(leaseId);
    return own;
  }

  extend(leaseId: string, expiresAtMs: number): void {
    const own = this.#held.get(leaseId);
    if (own !== undefined) this.add({ ...own, lease: { ...own.lease, expiresAtMs } });
  }

  /** Notes that the shared store may know of the lease. */
  share(leaseId: string): void {
    const own = this.#held.get(leaseId);
    if (own !== undefined) this.#held.set(leaseId, { ...own, isShared: true });
  }

  /** Those that are not over. */
  *held(nowMs: number): Iterable<OwnLease> {
    for (const [, own] of this.#held.entries()) if (own.lease.expiresAtMs > nowMs) yield own;
  }

  /** Forgets those that are over. Looks at none while none can be: looking at all each time was 0.5 % of the process. */
  prune(nowMs: number): void {
    if (nowMs < this.#earliestMs) return;
    this.#earliestMs = Number.POSITIVE_INFINITY;
    for (const [leaseId, { lease }] of this.#held.entries()) {
      if (lease.expiresAtMs <= nowMs) this.#held.delete(leaseId);
      else if (lease.expiresAtMs < this.#earliestMs) this.#earliestMs = lease.expiresAtMs;
    }
  }
}
