import { afterProbeLost, type CooldownTimings } from '../../failover/cooldown.ts';
import type { Lease, StateChange } from '../../ports/state-store.ts';
import type { AccountFigures } from './account-figures.ts';
import type { Changes } from './changes.ts';
import { type HeldLease, LeaseBook } from './lease-book.ts';
import { RecentMap } from './recent-map.ts';
import { recordScopes } from './standing.ts';

export interface HeldLeasesOptions {
  readonly changes: Changes;
  readonly timings: CooldownTimings;
  /** Leases remembered that ended without a report. */
  readonly maxUnreported: number;
}

/** The leases held, kept in step with the slots taken at each account. */
export class HeldLeases {
  readonly #book = new LeaseBook();
  readonly #changes: Changes;
  readonly #timings: CooldownTimings;
  readonly #unreported: RecentMap<Lease>;

  constructor({ changes, timings, maxUnreported }: HeldLeasesOptions) {
    this.#changes = changes;
    this.#timings = timings;
    this.#unreported = new RecentMap(maxUnreported);
  }

  get size(): number {
    return this.#book.size;
  }

  get(leaseId: string): Lease | undefined {
    return this.#book.get(leaseId);
  }

  ofRequest(requestKey: string): Lease | undefined {
    return this.#book.ofRequest(requestKey);
  }

  add(held: HeldLease): void {
    this.#book.add(held);
    held.figures.inFlight += 1;
  }

  extend(leaseId: string, expiresAtMs: number): boolean {
    return this.#book.extend(leaseId, expiresAtMs);
  }

  /** Ends a lease that was reported; what the report says is for the caller to apply. Undefined where it is not held. */
  release(leaseId: string): HeldLease | undefined {
    const held = this.#book.take(leaseId);
    if (held !== undefined) held.figures.inFlight -= 1;
    return held;
  }

  /** The lease as it was, of one that ended without a report; the report that came late takes it along. */
  takeUnreported(leaseId: string): Lease | undefined {
    return this.#unreported.take(leaseId);
  }

  /** Ends leases whose callers are lost. */
  abandon(leaseIds: Iterable<string>, nowMs: number): void {
    const lost = [...leaseIds].flatMap((leaseId) => this.#book.take(leaseId) ?? []);
    this.#end(lost, { expired: false, endedAtMs: () => nowMs });
  }

  /** Ends the leases that are over. Answers how many. */
  expire(nowMs: number): number {
    const ended = this.#book.takeExpired(nowMs);
    if (ended.length === 0) return 0;
    this.#end(ended, { expired: true, endedAtMs: ({ expiresAtMs }) => expiresAtMs });
    return ended.length;
  }

  /** Nobody told how the requests of these leases went: their slots are free, and a probe among them told nothing. */
  #end(
    leases: readonly HeldLease[],
    { expired, endedAtMs }: { readonly expired: boolean; readonly endedAtMs: (lease: Lease) => number },
  ): void {
    const changes: StateChange[] = [];
    for (const { lease, figures } of leases) {
      const { accountId } = lease;
      this.#unreported.add(lease.id, lease);
      figures.inFlight -= 1;
      changes.push({ kind: 'slot_freed', accountId, expired });
      if (this.#loseProbes(figures, lease, endedAtMs(lease))) changes.push({ kind: 'standing', accountId });
    }
    for (const change of changes) this.#changes.emit(change);
  }

  #loseProbes(figures: AccountFigures, { model, id }: Lease, nowMs: number): boolean {
    const { probeTimeoutMs } = this.#timings;
    let changed = false;
    for (const scope of recordScopes) {
      const after = afterProbeLost(figures.record(scope, model), id, { nowMs, probeTimeoutMs });
      if (figures.setRecord(scope, model, after)) changed = true;
    }
    return changed;
  }
}
