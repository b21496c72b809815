import type {
  ClaimRequest,
  ClaimResult,
  LeaseFate,
  SettleRequest,
  SettleResult,
} from '../../../ports/state-store.ts';
import { StateUnavailableError } from '../../../ports/state-unavailable.ts';
import type { CallEnds } from '../call-batches.ts';
import { nonceOf } from '../lease-payload.ts';
import type { RedisStateStore } from '../state-store.ts';
import type { Journal } from './journal.ts';
import { claimLocally } from './local-claim.ts';
import type { LocalTime } from './local-time.ts';
import type { OwnLeases } from './own-leases.ts';
import { RecentChains } from './recent-chains.ts';
import type { Reunion } from './reunion.ts';
import type { StoreSwitch } from './store-switch.ts';
import type { SwitchedFigures } from './switched-figures.ts';

export interface SwitchedLeasesOptions {
  readonly shared: RedisStateStore;
  readonly switch: StoreSwitch;
  readonly own: OwnLeases;
  readonly journal: Journal;
  readonly reunion: Reunion;
  readonly figures: (accountId: string) => SwitchedFigures;
  /** Sidecars last known, this one included. */
  readonly sidecars: () => number;
  /** Whether reports are taken while the store is away. */
  readonly goesOn: boolean;
}

/** The life of leases under whichever store is in charge, with what must be known when that changes. */
export class SwitchedLeases {
  readonly #options: SwitchedLeasesOptions;
  readonly #chains = new RecentChains();
  readonly #claimEnds: CallEnds<ClaimRequest, ClaimResult> = {
    done: (result, { requestKey, nowMs }) => {
      if (result.kind !== 'granted') return;
      const granted = { lease: result.lease, requestKey, isShared: true };
      this.#options.own.add(granted);
      // Granted there while the outage began here.
      this.#outage?.takeUp(granted, nowMs);
    },
    failed: (error, request) => this.#claimFailed(error, request),
  };
  readonly #settleEnds: CallEnds<SettleRequest, SettleResult> = {
    done: (result, request) => {
      const { leaseId, nowMs } = request;
      this.#options.own.take(leaseId);
      this.#chains.note(request, result);
      // Settled there while the outage began here.
      this.#outage?.store.abandon([leaseId], nowMs);
    },
    failed: (error, request) => this.#settleFailed(error, request),
  };
  /** The latest outage that is over: what was reported during it is remembered nowhere else. */
  #past: LocalTime | undefined;

  constructor(options: SwitchedLeasesOptions) {
    this.#options = options;
  }

  claim(request: ClaimRequest): Promise<ClaimResult> {
    if (this.#outage === undefined) return this.#options.shared.claim(request, this.#claimEnds);
    return this.#claimHere(request);
  }

  settle(request: SettleRequest): Promise<SettleResult> {
    if (this.#outage !== undefined) return this.#settleHere(request);
    if (this.#pastFate(request.leaseId) !== undefined) return this.#settledBefore(request);
    return this.#options.shared.settle(request, this.#settleEnds);
  }

  async #claimHere(request: ClaimRequest): Promise<ClaimResult> {
    return this.#claimOf(this.#options.switch.standIn(undefined), request, { isShared: false });
  }

  /** The claim may have been granted all the same. */
  #claimFailed(error: unknown, request: ClaimRequest): ClaimResult {
    if (!(error instanceof StateUnavailableError)) throw error;
    const { journal } = this.#options;
    journal.noteEnded(request.nonce);
    const result = this.#claimOf(this.#options.switch.standIn(error), request, { isShared: true });
    if (result.kind === 'granted') journal.forgetEnded(request.nonce);
    return result;
  }

  #claimOf(
    { store }: LocalTime,
    request: ClaimRequest,
    { isShared }: { readonly isShared: boolean },
  ): ClaimResult {
    const { own, journal, figures, sidecars } = this.#options;
    const result = claimLocally(request, { store, sidecars: sidecars(), figures, journal });
    if (result.kind === 'granted') own.add({ lease: result.lease, requestKey: request.requestKey, isShared });
    return result;
  }

  async #settleHere(request: SettleRequest): Promise<SettleResult> {
    return this.#settleOf(this.#options.switch.standIn(undefined), request);
  }

  #settleFailed(error: unknown, request: SettleRequest): SettleResult {
    if (!(error instanceof StateUnavailableError)) throw error;
    // A report that is denied will be made again, and settles the lease then.
    this.#options.journal.noteReport(request, { mayBeHeld: this.#options.goesOn });
    return this.#settleOf(this.#options.switch.standIn(error), request);
  }

  #settleOf({ store }: LocalTime, request: SettleRequest): SettleResult {
    const { own, journal } = this.#options;
    journal.noteReport(request, { mayBeHeld: own.get(request.leaseId)?.isShared ?? true });
    const result = store.settle(request);
    own.take(request.leaseId);
    return result;
  }

  async renew(
    leaseId: string,
    ttlMs: number,
    nowMs: number,
  ): Promise<{ readonly expiresAtMs: number } | undefined> {
    const { shared, own } = this.#options;
    const ownMs = own.get(leaseId)?.lease.ttlMs ?? 0;
    const renewed = await this.#options.switch.ask({
      shared: () => shared.renew(leaseId, ttlMs, nowMs),
      local: ({ store }) => store.renew(leaseId, ttlMs > 0 ? ttlMs : ownMs, nowMs),
    });
    if (renewed !== undefined) own.extend(leaseId, renewed.expiresAtMs);
    return renewed;
  }

  async abandon(leases: readonly string[], nowMs: number): Promise<void> {
    const { shared, own, journal } = this.#options;
    const note = () => {
      for (const leaseId of leases) journal.noteEnded(nonceOf(leaseId));
    };
    await this.#options.switch.ask({
      shared: () => shared.abandon(leases, nowMs),
      failed: note,
      local: ({ store }) => {
        note();
        return store.abandon(leases, nowMs);
      },
    });
    for (const leaseId of leases) own.take(leaseId);
  }

  async fate(leaseId: string, nowMs: number): Promise<LeaseFate> {
    const past = this.#pastFate(leaseId);
    if (past !== undefined) return past;
    const { shared, own } = this.#options;
    const fate = await this.#options.switch.ask({
      shared: () => shared.fate(leaseId, nowMs),
      local: ({ store }) => this.#localFate(store.fate(leaseId, nowMs), leaseId),
    });
    const held = own.get(leaseId);
    return fate.kind === 'held' && held !== undefined ? { kind: 'held', lease: held.lease } : fate;
  }

  async noteNext(leaseId: string, nextLeaseId: string): Promise<void> {
    if (this.#pastFate(leaseId) !== undefined) return this.#past?.store.noteNext(leaseId, nextLeaseId);
    this.#chains.noteNext(leaseId, nextLeaseId);
    await this.#options.switch.ask({
      shared: () => this.#options.shared.noteNext(leaseId, nextLeaseId),
      local: ({ store }) => store.noteNext(leaseId, nextLeaseId),
    });
  }

  /** An outage is over. */
  remember(outage: LocalTime): void {
    this.#past = outage;
  }

  /** Forgets leases that are over, and outages long past. */
  prune(nowMs: number): void {
    this.#options.own.prune(nowMs);
    if (this.#past?.isForgotten(nowMs)) this.#past = undefined;
  }

  get #outage(): LocalTime | undefined {
    return this.#options.switch.outage;
  }

  /** A second report of a lease that was reported during an outage. */
  async #settledBefore({ accountId, spend, nowMs }: SettleRequest): Promise<SettleResult> {
    const { journal, reunion } = this.#options;
    if (spend.kind === 'known' || spend.kind === 'unknown') {
      journal.noteSpent(accountId);
      await this.#options.switch.ask({ shared: () => reunion.tellJournal(nowMs), local: () => undefined });
    }
    return { duplicate: true, cooldown: undefined, platformFault: false, lease: undefined };
  }

  /** What became of a lease in an outage that is over, if that is where it ended. */
  #pastFate(leaseId: string): LeaseFate | undefined {
    const fate = this.#past?.fateOf(leaseId);
    return fate?.kind === 'failed' || fate?.kind === 'settled' ? fate : undefined;
  }

  #localFate(fate: LeaseFate, leaseId: string): LeaseFate {
    return fate.kind === 'unknown' ? (this.#chains.fateOf(leaseId) ?? fate) : fate;
  }
}
