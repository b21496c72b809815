import type { Chain, LeaseFate } from '../../ports/state-store.ts';
import { RecentMap } from './recent-map.ts';
import { SettledMarks } from './settled-marks.ts';

interface FailedLease {
  readonly chain: Chain;
  nextLeaseId: string;
}

export interface SettledLeasesOptions {
  /** Settled leases remembered. */
  readonly maxSettled: number;
  /** Chains remembered, of the leases that failed last: so many for certain, and up to twice as many. */
  readonly maxChains: number;
}

/**
 * Remembers which leases were settled, within bounds, and of those that failed the chain they leave. What is forgotten here is still
 * booked only once, by the ledger.
 */
export class SettledLeases {
  readonly #marks: SettledMarks;
  readonly #failed: RecentMap<FailedLease>;

  constructor({ maxSettled, maxChains }: SettledLeasesOptions) {
    this.#marks = new SettledMarks(maxSettled);
    // One whose chain is forgotten stays known as settled.
    this.#failed = new RecentMap(maxChains, (leaseId) => this.#marks.add(leaseId));
  }

  fateOf(leaseId: string): LeaseFate {
    const failed = this.#failed.get(leaseId);
    if (failed !== undefined) return { kind: 'failed', chain: failed.chain, nextLeaseId: failed.nextLeaseId };
    return this.#marks.has(leaseId) ? { kind: 'settled' } : { kind: 'unknown' };
  }

  /** Whether the lease was settled, as far as is remembered. */
  has(leaseId: string): boolean {
    return this.#failed.get(leaseId) !== undefined || this.#marks.has(leaseId);
  }

  add(leaseId: string): void {
    this.#marks.add(leaseId);
  }

  addFailed(leaseId: string, chain: Chain): void {
    this.#failed.add(leaseId, { chain, nextLeaseId: '' });
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    const failed = this.#failed.get(leaseId);
    if (failed !== undefined) failed.nextLeaseId = nextLeaseId;
  }
}
