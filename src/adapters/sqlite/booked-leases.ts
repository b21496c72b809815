import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { sqlText } from './sql-text.ts';

/** Ids that JavaScript and SQLite put in the same order, beside any other id. */
const ascii = /^[ -~]+$/;

/**
 * Which leases are booked. Those the file's sums have not come to are known here, some thousand at most; of the others the file is asked.
 * Lease ids begin with the time, so one that is new comes after all those in most cases, and the file need not be asked.
 */
export class BookedLeases {
  readonly #booked: StatementSync;
  readonly #last: StatementSync;
  #waiting = new Set<string>();
  /** No lease that the file finds by its id comes after this one. */
  #lastSummed: string;

  constructor(database: DatabaseSync) {
    this.#booked = database.prepare(sqlText('lease-booked'));
    this.#last = database.prepare(sqlText('lease-last'));
    this.#lastSummed = this.#readLast();
    for (const row of database.prepare(sqlText('leases-waiting')).iterate())
      this.#waiting.add(String(row.lease_id));
  }

  /** Takes the lease for booked; false where it was before. */
  add(leaseId: string): boolean {
    if (this.#waiting.has(leaseId) || this.#isInFile(leaseId)) return false;
    this.#waiting.add(leaseId);
    return true;
  }

  /** Forgets a lease that was added and not committed. */
  remove(leaseId: string): void {
    this.#waiting.delete(leaseId);
  }

  /** To be told that the file finds all leases by their ids now. */
  summedUp(): void {
    this.#lastSummed = this.#readLast();
    // A Set that is cleared is linked to from its old table, which would keep each of them alive for the next.
    this.#waiting = new Set();
  }

  #isInFile(leaseId: string): boolean {
    if (leaseId > this.#lastSummed && ascii.test(leaseId)) return false;
    return this.#booked.get(leaseId) !== undefined;
  }

  #readLast(): string {
    return String(this.#last.get()?.lease_id ?? '');
  }
}
