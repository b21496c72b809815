import { leaseHash } from '../collections/hash.ts';
import { PlaceMap } from '../collections/place-map.ts';

/**
 * The leases that one Route stream answers for: those granted on it and not reported on it. A lease whose report is on its
 * way is in neither state until the report is through.
 */
export class RouteLeases {
  readonly #held = new PlaceMap<string, true>(leaseHash);
  readonly #abandon: (leaseIds: Iterable<string>) => void;
  #released = false;

  /** `abandon` gets the leases that nobody will report any more. */
  constructor(abandon: (leaseIds: Iterable<string>) => void) {
    this.#abandon = abandon;
  }

  granted(leaseId: string): void {
    if (this.#released) this.#abandon([leaseId]);
    else this.#held.set(leaseId, true);
  }

  /** Answers whether the lease was the stream's; if so, `reportEnded` must follow. */
  reportBegins(leaseId: string): boolean {
    return this.#held.delete(leaseId);
  }

  /** A report that was refused leaves the lease where it was. */
  reportEnded(leaseId: string, reported: boolean): void {
    if (!reported) this.granted(leaseId);
  }

  /** The caller is lost: its leases go now, and those that calls in flight still bring as they come. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (this.#held.size > 0) this.#abandon(this.#held.entries().map(([leaseId]) => leaseId));
    this.#held.clear();
  }
}
