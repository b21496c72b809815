import type { CooldownTimings } from '../../failover/cooldown.ts';
import type { Clock } from '../../ports/clock.ts';
import type { QuotaCache } from '../../ports/quota-cache.ts';
import type {
  BindingSelector,
  ClaimRequest,
  ClaimResult,
  LeaseFate,
  SettleRequest,
  SettleResult,
  StateChange,
  StateStore,
} from '../../ports/state-store.ts';
import { StateUnavailableError } from '../../ports/state-unavailable.ts';
import type { WindowCostCache } from '../../ports/window-cost-cache.ts';
import type { ScheduleOverride } from '../../selection/figures.ts';
import type { FiguresLog } from '../../selection/figures-log.ts';
import { sessionKeyOf } from '../memory/bindings.ts';
import { Changes } from '../memory/changes.ts';
import { type BeatResult, Beats } from './beats.ts';
import type { CallBatches, CallEnds } from './call-batches.ts';
import type { RunScript } from './calls.ts';
import type { ClaimAnswer } from './claim-script.ts';
import { createCalls } from './create-calls.ts';
import type { NewsSource } from './news.ts';
import { Picture } from './picture/picture.ts';
import type { SharedFigures } from './picture/shared-figures.ts';
import { takeInNews } from './picture/take-in-news.ts';
import { type Reconciliation, reconcile } from './reconcile-script.ts';
import { accountsOf, type DroppedReplies, droppedOf, listOf, numberOf, textOf } from './reply.ts';
import { SeenSessions } from './seen-sessions.ts';
import { fateOf, type SettleAnswer } from './settle-script.ts';
import { createSpendCaches } from './spend-caches.ts';
import { WaitingReports } from './waiting-reports.ts';

export interface RedisStateOptions {
  readonly run: RunScript;
  readonly news: NewsSource;
  readonly timings: CooldownTimings;
  /** How long a figure read from the ledger is trusted, in milliseconds. */
  readonly spendTtlMs: number;
  readonly clock: Clock;
  /** This sidecar among the others: any text no other one has. */
  readonly sidecar: string;
  /** Sessions whose account is remembered here, to spare a claim the second trip. Default 100,000: about 20 MB when full. */
  readonly maxBindings?: number;
}

/**
 * State in Redis, shared by all sidecars of a namespace. Every step is one script and so atomic; what a selection looks at is the
 * picture of it kept here. Every method rejects with a StateUnavailableError where Redis does not answer in time.
 */
export class RedisStateStore implements StateStore {
  readonly degraded = false;
  /** Others claim too: of eight, one will have room. */
  readonly candidatesWorth = 8;
  readonly figuresLog: FiguresLog;
  readonly windowCosts: WindowCostCache;
  readonly quotas: QuotaCache;
  readonly #run: RunScript;
  readonly #options: RedisStateOptions;
  readonly #changes = new Changes();
  readonly #picture: Picture;
  readonly #sessions: SeenSessions;
  readonly #claims: CallBatches<ClaimRequest, ClaimResult>;
  readonly #reports: CallBatches<SettleRequest, SettleResult>;
  readonly #beats: Beats;
  readonly #waiting: WaitingReports;
  readonly #stopNews: () => void;

  constructor(options: RedisStateOptions) {
    const { run, news, timings, spendTtlMs, sidecar, clock } = options;
    this.#run = run;
    this.#options = options;
    const picture = new Picture(spendTtlMs, (change) => this.#changes.emit(change));
    this.#picture = picture;
    this.figuresLog = picture.log;
    this.#sessions = new SeenSessions(picture, options.maxBindings ?? 100_000);
    const drop = (dropped: DroppedReplies) => picture.drop(dropped, { expired: true });
    const calls = createCalls({ run, sidecar, timings, spendTtlMs, drop });
    this.#claims = calls.claims((answer, request) => this.#claimed(answer, request));
    this.#reports = calls.reports((answer, request) => this.#settled(answer, request));
    this.#beats = new Beats({ run, picture, sidecar, timings });
    this.#waiting = new WaitingReports({ run, picture, sidecar, clock });
    const caches = createSpendCaches({ run, picture, spendTtlMs });
    this.windowCosts = caches.windowCosts;
    this.quotas = caches.quotas;
    this.#stopNews = news.subscribe((word) =>
      takeInNews(word, { picture, sidecar, clock, emit: (change) => this.#changes.emit(change) }),
    );
  }

  figures(accountId: string): SharedFigures {
    return this.#picture.of(accountId);
  }

  boundAccountId(groupId: string, sessionId: string, nowMs: number): string {
    return this.#sessions.accountOf(sessionKeyOf(groupId, sessionId), nowMs);
  }

  claim(request: ClaimRequest, ends?: CallEnds<ClaimRequest, ClaimResult>): Promise<ClaimResult> {
    return this.#claims.ask(request, ends);
  }

  settle(request: SettleRequest, ends?: CallEnds<SettleRequest, SettleResult>): Promise<SettleResult> {
    return this.#reports.ask(request, ends);
  }

  async renew(
    leaseId: string,
    ttlMs: number,
    nowMs: number,
  ): Promise<{ readonly expiresAtMs: number } | undefined> {
    return this.#run({ operation: 'renew', script: 'renew', args: [nowMs, leaseId, ttlMs] }, (reply) =>
      textOf(reply) === '' ? undefined : { expiresAtMs: numberOf(reply) },
    );
  }

  async abandon(leaseIds: Iterable<string>, nowMs: number): Promise<void> {
    const leases = [...leaseIds];
    if (leases.length === 0) return;
    const { timings, sidecar } = this.#options;
    const args = [nowMs, timings.probeTimeoutMs, sidecar, ...leases];
    return this.#run({ operation: 'settle', script: 'abandon', args }, (reply) => {
      this.#picture.drop(droppedOf(listOf(reply)), { expired: false });
    });
  }

  async fate(leaseId: string, nowMs: number): Promise<LeaseFate> {
    return this.#run({ operation: 'chain', script: 'fate', args: [nowMs, leaseId] }, (reply) =>
      fateOf(reply, leaseId),
    );
  }

  async noteNext(leaseId: string, nextLeaseId: string): Promise<void> {
    const args = [leaseId, nextLeaseId];
    return this.#run({ operation: 'chain', script: 'note-next', args }, () => undefined);
  }

  /** Ends leases that are over, and brings the picture up to date: at most one exchange is under way, others join it. */
  async expire(nowMs: number): Promise<number> {
    return (await this.beat(nowMs)).ended;
  }

  /** The same, with what it tells of the store itself. */
  async beat(nowMs: number): Promise<BeatResult> {
    this.#sessions.sweep(nowMs);
    const result = await this.#beats.beat(nowMs);
    if (result.isNew) this.#waiting.tellAll();
    else this.#waiting.tellRest();
    return result;
  }

  leasesActive(): number {
    return this.#picture.leasesActive();
  }

  addWaiting(accountId: string, delta: number): void {
    this.#picture.of(accountId).waitingHere += delta;
    this.#waiting.changed(accountId);
  }

  async setOverride(accountId: string, override: ScheduleOverride): Promise<void> {
    const text = JSON.stringify(override);
    const args = [accountId, text, this.#options.sidecar];
    return this.#run({ operation: 'override', script: 'set-override', args }, (reply) => {
      this.#picture.hear(accountId, { stamp: numberOf(reply), fields: ['ov', text] });
      this.#changes.emit({ kind: 'standing', accountId });
    });
  }

  async clearCooldowns(selector: { accountId: string; model: string }, nowMs: number): Promise<number> {
    const args = [nowMs, selector.accountId, selector.model, this.#options.sidecar];
    return this.#run({ operation: 'cooldown', script: 'clear-cooldowns', args }, (reply) => {
      const [stamp, cleared, accounts] = listOf(reply);
      const changed = accountsOf(accounts);
      this.#picture.restore(changed, numberOf(stamp), { tell: false });
      for (const { accountId } of changed) this.#changes.emit({ kind: 'standing', accountId });
      return numberOf(cleared);
    });
  }

  async unbindSession({ groupId, sessionId, accountId }: BindingSelector, nowMs: number): Promise<void> {
    const sessionKey = sessionKeyOf(groupId, sessionId);
    const args = [nowMs, groupId, sessionId, sessionKey, accountId];
    return this.#run({ operation: 'binding', script: 'unbind-session', args }, (reply) => {
      const [stamp, account] = listOf(reply);
      this.#sessions.forgetAt(sessionKey, accountId, nowMs);
      if (account !== undefined)
        this.#picture.restore(accountsOf([account]), numberOf(stamp), { tell: false });
    });
  }

  async unbind(selector: BindingSelector, nowMs: number): Promise<void> {
    const { groupId, sessionId, accountId } = selector;
    const args = [nowMs, groupId, sessionId, accountId, this.#sessions.longestMs];
    return this.#run({ operation: 'binding', script: 'unbind', args }, (reply) => {
      const [stamp, accounts] = listOf(reply);
      this.#sessions.forget(selector, nowMs);
      this.#picture.restore(accountsOf(accounts), numberOf(stamp), { tell: false });
    });
  }

  /** The accounts anything is known of. */
  known(): Iterable<SharedFigures> {
    return this.#picture.all();
  }

  /** What this sidecar saw of sessions, for when they are unbound without the store. */
  get sessions(): SeenSessions {
    return this.#sessions;
  }

  /** Tells the store what was done without it. Answers the nonces of held leases that were reported elsewhere meanwhile. */
  reconcile(what: Reconciliation, nowMs: number): Promise<readonly string[]> {
    return reconcile(this.#run, what, { nowMs, sidecar: this.#options.sidecar });
  }

  onChange(listener: (change: StateChange) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  async close(): Promise<void> {
    this.#changes.close();
    this.#waiting.close();
    this.#stopNews();
  }

  #claimed(answer: ClaimAnswer, request: ClaimRequest): ClaimResult {
    const { nowMs, session, groupId } = request;
    const sessionKey = session === undefined ? '' : sessionKeyOf(groupId, session.sessionId);
    switch (answer.kind) {
      case 'granted':
        this.#granted(answer, request, sessionKey);
        return { kind: 'granted', lease: answer.lease };
      case 'replayed':
        return answer;
      case 'differs': {
        const { accountId, account, isKnown, endsAtMs, stamp } = answer;
        if (account === undefined) this.#sessions.unbound(sessionKey);
        else {
          this.#sessions.bound({ sessionKey, accountId, endsAtMs, nowMs });
          if (isKnown) this.#picture.of(accountId).activeSessions.meet(sessionKey, nowMs);
          this.#picture.restore([account], stamp, { tell: true });
        }
        return { kind: 'binding_differs', accountId };
      }
      case 'none':
        this.#picture.restore(answer.accounts, answer.stamp, { tell: false });
        return { kind: 'none', verdicts: answer.verdicts };
      case 'stale':
        throw new StateUnavailableError('redis, claim: its nonce was used before');
    }
  }

  #granted(
    { lease, inFlight, stamp, records, sessions }: Extract<ClaimAnswer, { kind: 'granted' }>,
    { nowMs, session }: ClaimRequest,
    sessionKey: string,
  ): void {
    const { accountId, model } = lease;
    const figures = this.#picture.of(accountId);
    const fields = figures.standingFields(model, records);
    if (this.#picture.hear(accountId, { stamp, inFlight, fields }).isNews) figures.countUse(stamp, nowMs);
    if (session === undefined) return;
    this.#sessions.bound({ sessionKey, accountId, endsAtMs: nowMs + session.ttlMs, nowMs });
    figures.activeSessions.meet(sessionKey, nowMs);
    if (sessions !== undefined) figures.activeSessions.restore(sessions.count, sessions.oldestSeenMs);
  }

  #settled(answer: SettleAnswer, { accountId }: SettleRequest): SettleResult {
    const { kind, stamp, fields } = answer;
    if (kind === 'duplicate') {
      if (fields.length > 0) this.#picture.hear(accountId, { stamp, fields });
      return { duplicate: true, cooldown: undefined, platformFault: false, lease: undefined };
    }
    const { inFlight, waiting, standing, others, cooldown, platformFault, lease } = answer;
    this.#picture.hear(accountId, { stamp, inFlight, fields });
    this.#picture.restore(others, stamp, { tell: false });
    // Where callers wait elsewhere too, sidecars take turns: these here hear of the slot by the same news.
    const isToldByNews = this.#options.news.isLive && waiting > this.#picture.of(accountId).waitingReported;
    if (lease !== undefined && !isToldByNews)
      this.#changes.emit({ kind: 'slot_freed', accountId, expired: false });
    if (standing) this.#changes.emit({ kind: 'standing', accountId });
    for (const other of others)
      if (other.accountId !== accountId) this.#changes.emit({ kind: 'standing', accountId: other.accountId });
    return {
      duplicate: false,
      cooldown,
      platformFault,
      get lease() {
        return lease?.();
      },
    };
  }
}
