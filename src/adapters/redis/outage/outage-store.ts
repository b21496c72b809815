import type { Awaitable } from '../../../ports/awaitable.ts';
import type { QuotaCache } from '../../../ports/quota-cache.ts';
import type {
  BindingSelector,
  ClaimRequest,
  ClaimResult,
  LeaseFate,
  SettleRequest,
  SettleResult,
  StateChange,
  StateStore,
} from '../../../ports/state-store.ts';
import type { WindowCostCache } from '../../../ports/window-cost-cache.ts';
import type { ScheduleOverride } from '../../../selection/figures.ts';
import type { FiguresLog } from '../../../selection/figures-log.ts';
import { sessionKeyOf } from '../../memory/bindings.ts';
import { Changes } from '../../memory/changes.ts';
import type { MemoryStateStore } from '../../memory/state-store.ts';
import type { RedisStateStore } from '../state-store.ts';
import { createSwitchedCaches } from './generations.ts';
import { Journal } from './journal.ts';
import type { LocalTime } from './local-time.ts';
import { OwnLeases } from './own-leases.ts';
import { Reunion } from './reunion.ts';
import { StoreSwitch, type StoreSwitchOptions } from './store-switch.ts';
import { SwitchedFigures } from './switched-figures.ts';
import { SwitchedLeases } from './switched-leases.ts';

/** What goes on in place of the shared store: state in this process. */
export type LocalStore = MemoryStateStore;

export interface OutageOptions
  extends Pick<StoreSwitchOptions, 'createLocal' | 'onOutage' | 'clock' | 'log' | 'reconnect'> {
  readonly shared: RedisStateStore;
  /** Closes the shared store and its connections. */
  readonly close: () => Promise<void>;
}

/**
 * A store that is there whether or not Redis is. While it is away, calls are answered by a store of this process, begun with what
 * this sidecar knew, within its share of each limit; on return Redis is told what it missed before anything else is asked of it.
 */
export class OutageStateStore implements StateStore {
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
  readonly #options: OutageOptions;
  readonly #shared: RedisStateStore;
  readonly #figures = new Map<string, SwitchedFigures>();
  readonly #own = new OwnLeases();
  readonly #journal = new Journal();
  readonly #changes = new Changes();
  readonly #reunion: Reunion;
  readonly #switch: StoreSwitch;
  readonly #leases: SwitchedLeases;
  #sidecars = 1;

  constructor(options: OutageOptions) {
    const { shared, clock } = options;
    this.#options = options;
    this.#shared = shared;
    this.#reunion = new Reunion({
      shared,
      own: this.#own,
      journal: this.#journal,
      accountIds: () => this.#figures.keys(),
    });
    this.#switch = new StoreSwitch({
      ...options,
      lost: (outage) => this.#lost(outage),
      reunite: (outage) => this.#reunion.reunite(outage, () => clock.now()),
      back: (outage) => this.#back(outage),
    });
    this.#leases = new SwitchedLeases({
      shared,
      switch: this.#switch,
      own: this.#own,
      journal: this.#journal,
      reunion: this.#reunion,
      figures: (accountId) => this.figures(accountId),
      sidecars: () => this.#sidecars,
      goesOn: options.onOutage === 'local',
    });
    const caches = createSwitchedCaches({
      generation: () => this.#switch.generation,
      ask: (ask) => this.#switch.ask({ shared: () => ask(this.#shared), local: ({ store }) => ask(store) }),
    });
    this.windowCosts = caches.windowCosts;
    this.quotas = caches.quotas;
    this.#shared.onChange((change) => {
      if (this.#outage === undefined) this.#changes.emit(change);
    });
  }

  /** True from the first call that failed until the store is back and was told everything. */
  get degraded(): boolean {
    return this.#outage !== undefined;
  }

  figures(accountId: string): SwitchedFigures {
    let figures = this.#figures.get(accountId);
    if (figures === undefined) {
      figures = new SwitchedFigures(this.#shared.figures(accountId));
      if (this.#outage !== undefined) figures.goLocal(this.#outage.store.figures(accountId));
      this.#figures.set(accountId, figures);
    }
    return figures;
  }

  /** That of the store in charge. */
  get figuresLog(): FiguresLog {
    return this.#outage?.store.figuresLog ?? this.#shared.figuresLog;
  }

  get candidatesWorth(): number {
    return this.#shared.candidatesWorth;
  }

  boundAccountId(groupId: string, sessionId: string, nowMs: number): string {
    const local = this.#outage?.store.boundAccountId(groupId, sessionId, nowMs) ?? '';
    return local === '' ? this.#shared.boundAccountId(groupId, sessionId, nowMs) : local;
  }

  claim(request: ClaimRequest): Promise<ClaimResult> {
    return this.#leases.claim(request);
  }

  settle(request: SettleRequest): Promise<SettleResult> {
    return this.#leases.settle(request);
  }

  renew(
    leaseId: string,
    ttlMs: number,
    nowMs: number,
  ): Promise<{ readonly expiresAtMs: number } | undefined> {
    return this.#leases.renew(leaseId, ttlMs, nowMs);
  }

  abandon(leaseIds: Iterable<string>, nowMs: number): Promise<void> {
    return this.#leases.abandon([...leaseIds], nowMs);
  }

  fate(leaseId: string, nowMs: number): Promise<LeaseFate> {
    return this.#leases.fate(leaseId, nowMs);
  }

  noteNext(leaseId: string, nextLeaseId: string): Promise<void> {
    return this.#leases.noteNext(leaseId, nextLeaseId);
  }

  async expire(nowMs: number): Promise<number> {
    this.#leases.prune(nowMs);
    return this.#switch.ask({
      shared: () => this.#beat(nowMs),
      local: ({ store }) => store.expire(nowMs),
    });
  }

  leasesActive(): number {
    return this.#outage?.store.leasesActive() ?? this.#shared.leasesActive();
  }

  addWaiting(accountId: string, delta: number): void {
    this.#shared.addWaiting(accountId, delta);
    this.#outage?.store.addWaiting(accountId, delta);
  }

  async setOverride(accountId: string, override: ScheduleOverride): Promise<void> {
    await this.#operate((store) => store.setOverride(accountId, override));
  }

  async clearCooldowns(selector: { accountId: string; model: string }, nowMs: number): Promise<number> {
    return this.#operate((store) => store.clearCooldowns(selector, nowMs));
  }

  async unbindSession(binding: BindingSelector, nowMs: number): Promise<void> {
    const sessionKey = sessionKeyOf(binding.groupId, binding.sessionId);
    this.#journal.dropBinding(sessionKey);
    if (this.#outage !== undefined) this.#shared.sessions.forgetAt(sessionKey, binding.accountId, nowMs);
    await this.#operate((store) => store.unbindSession(binding, nowMs));
  }

  async unbind(selector: BindingSelector, nowMs: number): Promise<void> {
    this.#journal.dropBindings(selector);
    if (this.#outage !== undefined) this.#shared.sessions.forget(selector, nowMs);
    await this.#operate((store) => store.unbind(selector, nowMs));
  }

  onChange(listener: (change: StateChange) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#switch.close();
    this.#changes.close();
    await this.#options.close();
  }

  /** What an operator asks for is done here at once, and there when the store is back. */
  async #operate<T>(act: (store: StateStore) => Awaitable<T>): Promise<T> {
    return this.#switch.ask({
      shared: async () => act(this.#shared),
      local: (outage) => {
        outage.later.push(async () => void (await act(this.#shared)));
        return act(outage.store);
      },
    });
  }

  #lost(outage: LocalTime): void {
    const nowMs = outage.beganAtMs;
    outage.begin({ held: this.#own.held(nowMs), accounts: this.#shared.known(), nowMs });
    outage.store.onChange((change) => {
      if (this.#outage === outage) this.#changes.emit(change);
    });
    for (const [accountId, figures] of this.#figures) figures.goLocal(outage.store.figures(accountId));
  }

  #back(outage: LocalTime): void {
    this.#leases.remember(outage);
    for (const figures of this.#figures.values()) figures.goShared();
    // What came in with the very last answer.
    const nowMs = outage.endedAtMs;
    void this.#switch
      .ask({ shared: () => this.#reunion.tellRest(nowMs), local: () => undefined })
      .catch(() => undefined);
    // Nothing is as it was: one word makes every waiting caller look again.
    const [accountId] = this.#figures.keys();
    if (accountId !== undefined) this.#changes.emit({ kind: 'standing', accountId });
  }

  get #outage(): LocalTime | undefined {
    return this.#switch.outage;
  }

  async #beat(nowMs: number): Promise<number> {
    const { ended, sidecars, isOther } = await this.#shared.beat(nowMs);
    this.#sidecars = Math.max(1, sidecars);
    // The data is gone: the leases of this sidecar are put in again by it.
    if (isOther) await this.#reunion.takeUp(nowMs);
    return ended;
  }
}
