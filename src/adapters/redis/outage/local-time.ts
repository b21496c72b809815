import type { Timer } from '../../../ports/clock.ts';
import type { LeaseFate } from '../../../ports/state-store.ts';
import type { LocalStore } from './outage-store.ts';
import type { OwnLease } from './own-leases.ts';
import { giveLease, type Seed, seedLocalStore } from './seed.ts';

/** How long the store of an outage is asked what became of its leases, after it is over. */
const rememberedMs = 3_600_000;

/** One time without the shared store. */
export class LocalTime {
  readonly store: LocalStore;
  readonly beganAtMs: number;
  /** What operators asked for, to be done again when the store is back. */
  readonly later: (() => Promise<void>)[] = [];
  endedAtMs = Number.POSITIVE_INFINITY;
  timer: Timer | undefined;

  constructor(store: LocalStore, beganAtMs: number) {
    this.store = store;
    this.beganAtMs = beganAtMs;
  }

  begin(seed: Seed): void {
    seedLocalStore(this.store, seed);
  }

  /** Takes over a lease that the shared store granted. */
  takeUp(own: OwnLease, nowMs: number): void {
    giveLease(this.store, own, nowMs);
  }

  fateOf(leaseId: string): LeaseFate {
    return this.store.fate(leaseId, this.endedAtMs);
  }

  isForgotten(nowMs: number): boolean {
    return nowMs - this.endedAtMs > rememberedMs;
  }

  close(): void {
    this.timer?.cancel();
  }
}
