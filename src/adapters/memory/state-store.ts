import type { CooldownTimings } from '../../failover/cooldown.ts';
import type { QuotaCache } from '../../ports/quota-cache.ts';
import type {
  BindingSelector,
  ClaimRequest,
  ClaimResult,
  Lease,
  LeaseFate,
  SettleRequest,
  SettleResult,
  StateChange,
  StateStore,
} from '../../ports/state-store.ts';
import type { WindowCostCache } from '../../ports/window-cost-cache.ts';
import type { ScheduleOverride } from '../../selection/figures.ts';
import type { FiguresLog } from '../../selection/figures-log.ts';
import type { AccountFigures } from './account-figures.ts';
import { Accounts } from './accounts.ts';
import { Changes } from './changes.ts';
import { Claims } from './claims.ts';
import { HeldLeases } from './held-leases.ts';
import { Sessions } from './sessions.ts';
import { Settlement } from './settlement.ts';
import { createQuotaCache, createWindowCostCache } from './spend-caches.ts';

export interface MemoryStateOptions {
  readonly timings: CooldownTimings;
  /** How long a figure read from the ledger is trusted, in milliseconds. */
  readonly spendTtlMs: number;
  /** Bindings kept; the least recently used goes first. Default 1,000,000: 250 to 400 MB when full, sessions that count at accounts included. */
  readonly maxBindings?: number;
  /** Settled leases remembered. Default 100,000: 4 MB. */
  readonly maxSettled?: number;
  /** Leases remembered with their chains, of those that failed and of those that ended unreported. Default 10,000: 20 MB of each. */
  readonly maxChains?: number;
}

/** State in this process: every step is synchronous, and so atomic. Nothing outlives the process but what the ledger has. */
export class MemoryStateStore implements StateStore {
  readonly degraded = false;
  /** What is offered is as the figures say: they are the state itself. */
  readonly candidatesWorth = 1;
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
  readonly #timings: CooldownTimings;
  readonly #accounts: Accounts;
  readonly #changes = new Changes();
  readonly #sessions: Sessions;
  readonly #leases: HeldLeases;
  readonly #claims: Claims;
  readonly #settlement: Settlement;

  constructor(options: MemoryStateOptions) {
    const { timings, spendTtlMs } = options;
    const { maxBindings = 1_000_000, maxSettled = 100_000, maxChains = 10_000 } = options;
    const accounts = new Accounts(spendTtlMs);
    const changes = this.#changes;
    const sessions = new Sessions(accounts, maxBindings);
    const leases = new HeldLeases({ changes, timings, maxUnreported: maxChains });
    this.#timings = timings;
    this.#accounts = accounts;
    this.#sessions = sessions;
    this.#leases = leases;
    this.#claims = new Claims({ accounts, leases, sessions, timings });
    this.#settlement = new Settlement({ accounts, leases, changes, timings, maxSettled, maxChains });
    const spendOf = (accountId: string) => accounts.of(accountId).spend;
    this.windowCosts = createWindowCostCache({ spendOf, ttlMs: spendTtlMs });
    this.quotas = createQuotaCache({ spendOf, ttlMs: spendTtlMs });
  }

  figures(accountId: string): AccountFigures {
    return this.#accounts.of(accountId);
  }

  get figuresLog(): FiguresLog {
    return this.#accounts.log;
  }

  boundAccountId(groupId: string, sessionId: string, nowMs: number): string {
    return this.#sessions.accountOf(this.#sessions.keyOf(groupId, sessionId), nowMs);
  }

  claim(request: ClaimRequest): ClaimResult {
    return this.#claims.claim(request);
  }

  settle(request: SettleRequest): SettleResult {
    return this.#settlement.settle(request);
  }

  renew(leaseId: string, ttlMs: number, nowMs: number): { readonly expiresAtMs: number } | undefined {
    this.#leases.expire(nowMs);
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return undefined;
    const expiresAtMs = nowMs + (ttlMs > 0 ? ttlMs : lease.ttlMs);
    this.#leases.extend(leaseId, expiresAtMs);
    return { expiresAtMs };
  }

  abandon(leaseIds: Iterable<string>, nowMs: number): void {
    this.#leases.expire(nowMs);
    this.#leases.abandon(leaseIds, nowMs);
  }

  fate(leaseId: string, nowMs: number): LeaseFate {
    this.#leases.expire(nowMs);
    const lease = this.#leases.get(leaseId);
    return lease === undefined ? this.#settlement.fateOf(leaseId) : { kind: 'held', lease };
  }

  heldLease(leaseId: string): Lease | undefined {
    return this.#leases.get(leaseId);
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    this.#settlement.noteNext(leaseId, nextLeaseId);
  }

  expire(nowMs: number): number {
    this.#accounts.forget(nowMs, this.#timings);
    this.#sessions.sweep(nowMs);
    return this.#leases.expire(nowMs);
  }

  leasesActive(): number {
    return this.#leases.size;
  }

  addWaiting(accountId: string, delta: number): void {
    this.#accounts.of(accountId).waiting += delta;
  }

  setOverride(accountId: string, override: ScheduleOverride): void {
    this.#accounts.of(accountId).override = override;
    this.#changes.emit({ kind: 'standing', accountId });
  }

  clearCooldowns({ accountId, model }: { accountId: string; model: string }, nowMs: number): number {
    const chosen = accountId === '' ? [...this.#accounts.all()] : [this.#accounts.of(accountId)];
    const changed: AccountFigures[] = [];
    let cleared = 0;
    for (const figures of chosen) {
      const running = figures.clearRecords(model, nowMs);
      if (running === undefined) continue;
      cleared += running;
      changed.push(figures);
    }
    for (const figures of changed) this.#changes.emit({ kind: 'standing', accountId: figures.accountId });
    return cleared;
  }

  unbindSession(binding: BindingSelector, nowMs: number): void {
    this.#sessions.unbindSession(binding, nowMs);
  }

  unbind(selector: BindingSelector, nowMs: number): void {
    this.#sessions.unbind(selector, nowMs);
  }

  onChange(listener: (change: StateChange) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#changes.close();
  }
}
