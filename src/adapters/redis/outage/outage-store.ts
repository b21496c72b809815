import type { Clock } from '../../../ports/clock.ts';
import type { QuotaCache } from '../../../ports/quota-cache.ts';
import type {
  Awaitable,
  BindingSelector,
  ClaimRequest,
  ClaimResult,
  LeaseFate,
  SettleRequest,
  SettleResult,
  StateChange,
  StateStore,
} from '../../../ports/state-store.ts';
import { StateUnavailableError } from '../../../ports/state-unavailable.ts';
import type { WindowCostCache } from '../../../ports/window-cost-cache.ts';
import type { ScheduleOverride } from '../../../selection/figures.ts';
import type { Logger } from '../../../telemetry/logger.ts';
import { sessionKeyOf } from '../../memory/bindings.ts';
import { Changes } from '../../memory/changes.ts';
import type { MemoryStateStore } from '../../memory/state-store.ts';
import { nonceOf } from '../lease-payload.ts';
import type { RedisStateStore } from '../state-store.ts';
import { createSwitchedCaches } from './generations.ts';
import { Journal } from './journal.ts';
import { LocalTime } from './local-time.ts';
import { OwnLeases } from './own-leases.ts';
import { Reunion } from './reunion.ts';
import { shareOf } from './share.ts';
import { SwitchedFigures } from './switched-figures.ts';

/** What goes on in place of the shared store: state in this process. */
export type LocalStore = MemoryStateStore;

export interface OutageOptions {
  readonly shared: RedisStateStore;
  /** An empty store for the time of one outage. */
  readonly createLocal: () => LocalStore;
  /** `local`: go on by oneself; `deny`: reject until the store is back. */
  readonly onOutage: 'local' | 'deny';
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'info' | 'error'>;
  /** Connects anew: nothing has come back for a while over a connection that looks sound. */
  readonly reconnect: () => void;
  /** Closes the shared store and its connections. */
  readonly close: () => Promise<void>;
}

/** Between two looks whether the store is back. */
const lookEveryMs = 250;
/** After so many looks in vain the connection itself is doubted. */
const doubtAfter = 6;

/*
 * A store that is there whether or not Redis is.
 *
 *   shared --a call fails--> local (or denying) --a look succeeds--> reunited --told everything--> shared
 *
 * The first call that fails opens the outage; it and those after it are answered by a store of this process, begun with what this
 * sidecar knew, under its share of each limit. On return Redis is told what it missed before anything else is asked of it.
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
  /** Set while the store is away. */
  #outage: LocalTime | undefined;
  /** The latest outage that is over: what was reported during it is remembered nowhere else. */
  #past: LocalTime | undefined;
  #generation = 0;
  #sidecars = 1;
  #closed = false;

  constructor(options: OutageOptions) {
    this.#options = options;
    this.#shared = options.shared;
    this.#reunion = new Reunion({
      shared: options.shared,
      own: this.#own,
      journal: this.#journal,
      accountIds: () => this.#figures.keys(),
    });
    const caches = createSwitchedCaches({
      generation: () => this.#generation,
      ask: (ask) => this.#either({ shared: () => ask(this.#shared), local: ({ store }) => ask(store) }),
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

  boundAccountId(groupId: string, sessionId: string, nowMs: number): string {
    const local = this.#outage?.store.boundAccountId(groupId, sessionId, nowMs) ?? '';
    return local === '' ? this.#shared.boundAccountId(groupId, sessionId, nowMs) : local;
  }

  async claim(request: ClaimRequest): Promise<ClaimResult> {
    let isShared = true;
    let isUncertain = false;
    const result = await this.#either({
      shared: () => this.#shared.claim(request),
      failed: () => {
        // It may have been granted all the same.
        isUncertain = true;
        this.#journal.noteEnded(request.nonce, '');
      },
      local: (outage) => {
        isShared = isUncertain;
        return this.#claimLocally(outage, request);
      },
    });
    if (result.kind !== 'granted') return result;
    const own = { lease: result.lease, requestKey: request.requestKey, isShared };
    this.#own.add(own);
    if (isUncertain) this.#journal.forgetEnded(request.nonce);
    // Granted there while the outage began here.
    else if (isShared) this.#outage?.takeUp(own, request.nowMs);
    return result;
  }

  async settle(request: SettleRequest): Promise<SettleResult> {
    const past = this.#pastFate(request.leaseId);
    if (past !== undefined && this.#outage === undefined) return this.#settledBefore(request);
    let isLocal = false;
    const result = await this.#either({
      shared: () => this.#shared.settle(request),
      failed: () => this.#noteSettled(request, true),
      local: ({ store }) => {
        isLocal = true;
        this.#noteSettled(request, false);
        return store.settle(request);
      },
    });
    this.#own.take(request.leaseId);
    // Settled there while the outage began here.
    if (!isLocal) this.#outage?.store.abandon([request.leaseId], request.nowMs);
    return result;
  }

  async renew(
    leaseId: string,
    ttlMs: number,
    nowMs: number,
  ): Promise<{ readonly expiresAtMs: number } | undefined> {
    const ownMs = this.#own.get(leaseId)?.lease.ttlMs ?? 0;
    const renewed = await this.#either({
      shared: () => this.#shared.renew(leaseId, ttlMs, nowMs),
      local: ({ store }) => store.renew(leaseId, ttlMs > 0 ? ttlMs : ownMs, nowMs),
    });
    if (renewed !== undefined) this.#own.extend(leaseId, renewed.expiresAtMs);
    return renewed;
  }

  async abandon(leaseIds: Iterable<string>, nowMs: number): Promise<void> {
    const leases = [...leaseIds];
    const note = () => {
      for (const leaseId of leases)
        this.#journal.noteEnded(nonceOf(leaseId), this.#own.get(leaseId)?.lease.accountId ?? '');
    };
    await this.#either({
      shared: () => this.#shared.abandon(leases, nowMs),
      local: ({ store }) => {
        note();
        return store.abandon(leases, nowMs);
      },
    });
    for (const leaseId of leases) this.#own.take(leaseId);
  }

  async fate(leaseId: string, nowMs: number): Promise<LeaseFate> {
    const past = this.#pastFate(leaseId);
    if (past !== undefined) return past;
    const fate = await this.#either({
      shared: () => this.#shared.fate(leaseId, nowMs),
      local: ({ store }): LeaseFate => store.fate(leaseId, nowMs),
    });
    const own = this.#own.get(leaseId);
    return fate.kind === 'held' && own !== undefined ? { kind: 'held', lease: own.lease } : fate;
  }

  async noteNext(leaseId: string, nextLeaseId: string): Promise<void> {
    if (this.#pastFate(leaseId) !== undefined) return this.#past!.store.noteNext(leaseId, nextLeaseId);
    await this.#either({
      shared: () => this.#shared.noteNext(leaseId, nextLeaseId),
      local: ({ store }) => store.noteNext(leaseId, nextLeaseId),
    });
  }

  async expire(nowMs: number): Promise<number> {
    this.#own.prune(nowMs);
    if (this.#past?.isForgotten(nowMs)) this.#past = undefined;
    return this.#either({
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
    this.#journal.dropBindings((noted) => noted.sessionKey === sessionKey);
    if (this.#outage !== undefined) this.#shared.forgetSession(binding, nowMs);
    await this.#operate((store) => store.unbindSession(binding, nowMs));
  }

  async unbind(selector: BindingSelector, nowMs: number): Promise<void> {
    this.#journal.dropBindings(({ sessionKey, accountId }) => matches(selector, sessionKey, accountId));
    if (this.#outage !== undefined) this.#shared.forgetBindings(selector, nowMs);
    await this.#operate((store) => store.unbind(selector, nowMs));
  }

  onChange(listener: (change: StateChange) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#outage?.close();
    this.#changes.close();
    await this.#options.close();
  }

  /** Asks the store in charge; where the shared one fails, what takes its place. */
  async #either<T>({
    shared,
    failed,
    local,
  }: {
    readonly shared: () => Promise<T>;
    /** Notes what may have been done all the same. */
    readonly failed?: () => void;
    readonly local: (outage: LocalTime) => Awaitable<T>;
  }): Promise<T> {
    let error: unknown;
    if (this.#outage === undefined) {
      try {
        return await shared();
      } catch (thrown) {
        if (!(thrown instanceof StateUnavailableError)) throw thrown;
        error = thrown;
        failed?.();
      }
    }
    const outage = this.#outage ?? this.#lose(error);
    if (this.#options.onOutage === 'deny')
      throw new StateUnavailableError('the shared state is away', { cause: error });
    return local(outage);
  }

  /** What an operator asks for is done here at once, and there when the store is back. */
  async #operate<T>(act: (store: StateStore) => Awaitable<T>): Promise<T> {
    return this.#either({
      shared: async () => act(this.#shared),
      local: (outage) => {
        outage.later.push(async () => void (await act(this.#shared)));
        return act(outage.store);
      },
    });
  }

  /** Goes on without the shared store. */
  #lose(cause: unknown): LocalTime {
    const { clock, log, createLocal, onOutage } = this.#options;
    const nowMs = clock.now();
    log.error({ err: cause, onOutage }, 'the shared state is away');
    const outage = new LocalTime(createLocal(), nowMs);
    this.#outage = outage;
    this.#generation += 1;
    outage.begin({ held: this.#own.held(nowMs), accounts: this.#shared.known(), nowMs });
    outage.store.onChange((change) => {
      if (this.#outage === outage) this.#changes.emit(change);
    });
    for (const [accountId, figures] of this.#figures) figures.goLocal(outage.store.figures(accountId));
    this.#look(outage, 1);
    return outage;
  }

  #look(outage: LocalTime, times: number): void {
    if (this.#closed) return;
    const { clock, reconnect } = this.#options;
    outage.timer = clock.schedule(lookEveryMs, async () => {
      try {
        await this.#reunion.reunite(outage, () => clock.now());
        this.#return(outage);
      } catch (error) {
        if (!(error instanceof StateUnavailableError))
          this.#options.log.error({ err: error }, 'the shared state can not be rejoined');
        if (times % doubtAfter === 0) reconnect();
        this.#look(outage, times + 1);
      }
    });
  }

  #return(outage: LocalTime): void {
    if (this.#closed) return;
    const { log, clock } = this.#options;
    this.#outage = undefined;
    this.#past = outage;
    this.#generation += 1;
    for (const figures of this.#figures.values()) figures.goShared();
    outage.endedAtMs = clock.now();
    log.info({ awayMs: outage.endedAtMs - outage.beganAtMs }, 'the shared state is back');
    // Whoever waits looks again: nothing is as it was.
    for (const accountId of this.#figures.keys()) {
      this.#changes.emit({ kind: 'standing', accountId });
      return;
    }
  }

  async #beat(nowMs: number): Promise<number> {
    const { ended, sidecars, isOther } = await this.#shared.beat(nowMs);
    this.#sidecars = Math.max(1, sidecars);
    // The data is gone: the leases of this sidecar are put in again by it.
    if (isOther) await this.#reunion.takeUp(nowMs);
    return ended;
  }

  #claimLocally({ store }: LocalTime, request: ClaimRequest): ClaimResult {
    const { session, groupId, nowMs, candidates } = request;
    const shares = candidates.map((candidate) => shareOf(candidate, this.#sidecars));
    for (const [index, candidate] of candidates.entries())
      this.figures(candidate.accountId).reserve(candidate, shares[index]!);
    // What is known of a binding from before the outage is taken on trust.
    const isKnown = session !== undefined && store.boundAccountId(groupId, session.sessionId, nowMs) !== '';
    const result = store.claim({
      ...request,
      candidates: shares,
      session: session && { ...session, verify: session.verify && isKnown },
    });
    if (result.kind === 'granted' && session !== undefined) {
      const { accountId } = result.lease;
      const candidate = candidates.find((entry) => entry.accountId === accountId);
      this.#journal.noteBinding({
        sessionKey: sessionKeyOf(groupId, session.sessionId),
        accountId,
        endsAtMs: nowMs + session.ttlMs,
        idleMs: candidate?.sessionIdleMs ?? 0,
      });
    }
    return result;
  }

  #noteSettled({ leaseId, accountId, spend }: SettleRequest, isUncertain: boolean): void {
    const own = this.#own.get(leaseId);
    if (isUncertain || own === undefined || own.isShared)
      this.#journal.noteEnded(nonceOf(leaseId), accountId);
    if (spend.kind === 'known' || spend.kind === 'unknown') this.#journal.noteSpent(accountId);
  }

  /** A second report of a lease that was reported during an outage. */
  async #settledBefore({ accountId, spend, nowMs }: SettleRequest): Promise<SettleResult> {
    if (spend.kind === 'known' || spend.kind === 'unknown') {
      this.#journal.noteSpent(accountId);
      await this.#either({ shared: () => this.#reunion.tellJournal(nowMs), local: () => undefined });
    }
    return { duplicate: true, cooldown: undefined, platformFault: false, lease: undefined };
  }

  /** What became of a lease in an outage that is over, if that is where it ended. */
  #pastFate(leaseId: string): LeaseFate | undefined {
    const fate = this.#past?.fateOf(leaseId);
    return fate?.kind === 'failed' || fate?.kind === 'settled' ? fate : undefined;
  }
}

function matches(selector: BindingSelector, sessionKey: string, accountId: string): boolean {
  const cut = sessionKey.indexOf('\0');
  return (
    (selector.accountId === '' || selector.accountId === accountId) &&
    (selector.groupId === '' || selector.groupId === sessionKey.slice(0, cut)) &&
    (selector.sessionId === '' || selector.sessionId === sessionKey.slice(cut + 1))
  );
}
