import type { Chain, LeaseFate } from '../../ports/state-store.ts';
import { SettledMarks } from './settled-marks.ts';

interface FailedLease {
  readonly chain: Chain;
  nextLeaseId: string;
}

export interface SettledLeasesOptions {
  /** Settled leases remembered. */
  readonly maxSettled: number;
  /** Chains remembered, of the leases that failed last: so many for certain, and up to twice as many. */
  readonly maxFailed: number;
}

/**
 * Remembers which leases were settled, within bounds, and of those that failed the chain they leave. What is forgotten here is still
 * booked only once, by the ledger.
 */
export class SettledLeases {
  readonly #maxFailed: number;
  readonly #marks: SettledMarks;
  // Two generations, as a Map that loses its first key again and again gets slow.
  #younger = new Map<string, FailedLease>();
  #older = new Map<string, FailedLease>();

  constructor({ maxSettled, maxFailed }: SettledLeasesOptions) {
    this.#marks = new SettledMarks(maxSettled);
    this.#maxFailed = maxFailed;
  }

  fateOf(leaseId: string): LeaseFate {
    const failed = this.#failedOf(leaseId);
    if (failed !== undefined) return { kind: 'failed', chain: failed.chain, nextLeaseId: failed.nextLeaseId };
    return this.#marks.has(leaseId) ? { kind: 'settled' } : { kind: 'unknown' };
  }

  /** Whether the lease was settled, as far as is remembered. */
  has(leaseId: string): boolean {
    return this.#failedOf(leaseId) !== undefined || this.#marks.has(leaseId);
  }

  add(leaseId: string): void {
    this.#marks.add(leaseId);
  }

  addFailed(leaseId: string, chain: Chain): void {
    this.#younger.set(leaseId, { chain, nextLeaseId: '' });
    if (this.#younger.size < this.#maxFailed) return;
    // The older lose their chains, but it stays known that they were settled.
    for (const forgotten of this.#older.keys()) this.#marks.add(forgotten);
    this.#older = this.#younger;
    this.#younger = new Map();
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    const failed = this.#failedOf(leaseId);
    if (failed !== undefined) failed.nextLeaseId = nextLeaseId;
  }

  #failedOf(leaseId: string): FailedLease | undefined {
    return this.#younger.get(leaseId) ?? this.#older.get(leaseId);
  }
}
