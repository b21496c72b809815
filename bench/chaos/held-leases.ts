/** A lease as its caller was told of it. */
export interface GrantedLease {
  readonly id: string;
  readonly accountId: string;
  readonly expiresAtMs: number;
  /** Granted by a sidecar on its own, while Redis was away. */
  readonly degraded: boolean;
}

/** More leases of an account at once than it has slots. */
export interface Excess {
  readonly accountId: string;
  readonly held: number;
  readonly limit: number;
  /** Whether some of them were granted while Redis was away: then it is allowed. */
  readonly degraded: boolean;
}

/**
 * Counts, from what callers see alone, how many leases of each account live at once. A lease counts from the moment its caller has
 * it until its caller sends the report, or it is over: a shorter time than the sidecars' own, so what is too many here is too many.
 */
export class HeldLeases {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #held = new Map<string, GrantedLease>();
  readonly #excesses: Excess[] = [];
  readonly #highest = new Map<string, number>();

  /** `limits`: slots by account. */
  constructor(limits: ReadonlyMap<string, number>) {
    this.#limits = limits;
  }

  /** The caller has the lease, or has been told that it lives longer. */
  hold(lease: GrantedLease, nowMs: number): void {
    if (lease.expiresAtMs <= nowMs) return;
    this.#held.set(lease.id, lease);
    this.#count(lease.accountId, nowMs);
  }

  /** The caller is about to report it. */
  release(leaseId: string): void {
    this.#held.delete(leaseId);
  }

  get excesses(): readonly Excess[] {
    return this.#excesses;
  }

  /** The most leases at once that each account was seen with. */
  get highest(): ReadonlyMap<string, number> {
    return this.#highest;
  }

  #count(accountId: string, nowMs: number): void {
    const limit = this.#limits.get(accountId) ?? 0;
    for (const [id, { expiresAtMs }] of this.#held) if (expiresAtMs <= nowMs) this.#held.delete(id);
    const leases = [...this.#held.values()].filter((lease) => lease.accountId === accountId);
    const held = leases.length;
    this.#highest.set(accountId, Math.max(held, this.#highest.get(accountId) ?? 0));
    if (held <= limit) return;
    this.#excesses.push({ accountId, held, limit, degraded: leases.some((lease) => lease.degraded) });
  }
}
