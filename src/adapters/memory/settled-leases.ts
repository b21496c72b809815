import type { Chain, Lease, LeaseFate } from '../../ports/state-store.ts';

interface FailedLease {
  readonly chain: Chain;
  nextLeaseId: string;
}

/**
 * Remembers which leases were settled, within bounds: of those that failed the chain they leave, of all others that they were.
 * Of leases that ended without a report it remembers what they were granted for, so that a late failure goes on with its chain.
 * What is forgotten here is still booked only once, by the ledger.
 */
export class SettledLeases {
  readonly #max: number;
  readonly #failed = new Map<string, FailedLease>();
  readonly #unreported = new Map<string, Lease>();
  // Two generations of nonces: the older is dropped whole when the younger is full. A nonce costs about 70 bytes.
  #younger = new Set<string>();
  #older = new Set<string>();

  /** `max` of each kind, give or take a generation. */
  constructor(max: number) {
    this.#max = max;
  }

  fateOf(leaseId: string): LeaseFate {
    const failed = this.#failed.get(leaseId);
    if (failed !== undefined) return { kind: 'failed', chain: failed.chain, nextLeaseId: failed.nextLeaseId };
    const nonce = nonceOf(leaseId);
    return this.#younger.has(nonce) || this.#older.has(nonce) ? { kind: 'settled' } : { kind: 'unknown' };
  }

  /** Whether the lease was settled, as far as is remembered. */
  has(leaseId: string): boolean {
    if (this.#failed.has(leaseId)) return true;
    const nonce = nonceOf(leaseId);
    return this.#younger.has(nonce) || this.#older.has(nonce);
  }

  addFailed(leaseId: string, chain: Chain): void {
    this.#failed.set(leaseId, { chain, nextLeaseId: '' });
    dropOldest(this.#failed, this.#max);
  }

  addUnreported(lease: Lease): void {
    this.#unreported.set(lease.id, lease);
    dropOldest(this.#unreported, this.#max);
  }

  /** The lease that ended without a report, as it was; a report that comes late takes it along. */
  takeUnreported(leaseId: string): Lease | undefined {
    const lease = this.#unreported.get(leaseId);
    this.#unreported.delete(leaseId);
    return lease;
  }

  add(leaseId: string): void {
    // A slice would keep the whole id alive; this is a copy of its own.
    this.#younger.add(Buffer.from(nonceOf(leaseId), 'latin1').toString('latin1'));
    if (this.#younger.size < this.#max) return;
    this.#older = this.#younger;
    this.#younger = new Set();
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    const failed = this.#failed.get(leaseId);
    if (failed !== undefined) failed.nextLeaseId = nextLeaseId;
  }
}

function dropOldest(leases: Map<string, unknown>, max: number): void {
  if (leases.size <= max) return;
  for (const oldest of leases.keys()) {
    leases.delete(oldest);
    return;
  }
}

/** The lease id's part that no other lease has. */
function nonceOf(leaseId: string): string {
  return leaseId.slice(0, leaseId.indexOf('.'));
}
