import type { CooldownRecord } from '../../failover/cooldown.ts';
import type { CooldownScope, UpstreamWindow } from '../../failover/failure.ts';
import type { QuotaUse } from '../../ports/ledger.ts';
import type { Figures, ScheduleOverride } from '../../selection/figures.ts';
import { type FiguresLog, FiguresMark } from '../../selection/figures-log.ts';
import { AccountSpend, type SpendTable } from './account-spend.ts';
import { ActiveSessions } from './active-sessions.ts';
import { RpmWindow } from './rpm-window.ts';

export interface AccountFiguresOptions {
  readonly accountId: string;
  /** How long a figure read from the ledger is trusted. */
  readonly spendTtlMs: number;
  readonly log: FiguresLog;
  /** Where what it has spent is kept. */
  readonly spends: SpendTable;
}

/**
 * The figures of one account, changed in place by the store that owns them. Every change is told to the log of figures: they are their
 * own mark in it, as another object would have to be fetched for each change of one of 10,000 accounts.
 */
export class AccountFigures extends FiguresMark implements Figures {
  readonly accountId: string;
  readonly activeSessions = new ActiveSessions();
  readonly spend: AccountSpend;
  readonly #requests = new RpmWindow();
  /** Made with the first: most accounts have none, and an empty Map is memory to be fetched at each look. */
  #modelCooldowns: Map<string, CooldownRecord> | undefined;
  #inFlight = 0;
  #waiting = 0;
  #lastUsedAt = 0;
  #cooldown: CooldownRecord | undefined;
  #override: ScheduleOverride | undefined;
  #upstreamWindow: UpstreamWindow | undefined;

  constructor({ accountId, spendTtlMs, log, spends }: AccountFiguresOptions) {
    super(log, accountId);
    this.accountId = accountId;
    this.spend = new AccountSpend({ ttlMs: spendTtlMs, mark: this, table: spends });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  set inFlight(count: number) {
    this.#inFlight = count;
    this.touch();
  }

  get waiting(): number {
    return this.#waiting;
  }

  set waiting(count: number) {
    this.#waiting = count;
    this.touch();
  }

  get lastUsedAt(): number {
    return this.#lastUsedAt;
  }

  set lastUsedAt(timeMs: number) {
    this.#lastUsedAt = timeMs;
    this.touch();
  }

  get cooldown(): CooldownRecord | undefined {
    return this.#cooldown;
  }

  set cooldown(record: CooldownRecord | undefined) {
    this.#cooldown = record;
    this.touch();
  }

  get override(): ScheduleOverride | undefined {
    return this.#override;
  }

  set override(override: ScheduleOverride | undefined) {
    this.#override = override;
    this.touch();
  }

  get upstreamWindow(): UpstreamWindow | undefined {
    return this.#upstreamWindow;
  }

  set upstreamWindow(window: UpstreamWindow | undefined) {
    this.#upstreamWindow = window;
    this.touch();
  }

  /** Counts a request among those of the last minute. */
  countRequest(nowMs: number): void {
    this.#requests.add(nowMs);
    this.touch();
  }

  rpm(nowMs: number): number {
    return this.#requests.count(nowMs);
  }

  rpmBelowAtMs(limit: number, nowMs: number): number {
    return this.#requests.belowAtMs(limit, nowMs);
  }

  sessions(nowMs: number, idleMs: number): number {
    return this.activeSessions.count(nowMs, idleMs);
  }

  hasSession(sessionKey: string, nowMs: number, idleMs: number): boolean {
    return this.activeSessions.has(sessionKey, nowMs, idleMs);
  }

  oldestSessionEndsAtMs(nowMs: number, idleMs: number): number | undefined {
    return this.activeSessions.oldestEndsAtMs(nowMs, idleMs);
  }

  modelCooldown(model: string): CooldownRecord | undefined {
    return this.#modelCooldowns?.get(model);
  }

  modelCooldowns(): Iterable<readonly [string, CooldownRecord]> {
    return this.#modelCooldowns ?? none;
  }

  windowCost(windowStartMs: number, nowMs: number): number | undefined {
    return this.spend.windowCost(windowStartMs, nowMs);
  }

  quotaUse(nowMs: number): QuotaUse | undefined {
    return this.spend.quotaUse(nowMs);
  }

  spendKnownUntilMs(nowMs: number): number {
    return this.spend.knownUntilMs(nowMs);
  }

  record(scope: CooldownScope, model: string): CooldownRecord | undefined {
    return scope === 'ACCOUNT' ? this.cooldown : this.modelCooldown(model);
  }

  /** Answers whether that changed anything. */
  setRecord(scope: CooldownScope, model: string, record: CooldownRecord | undefined): boolean {
    if (this.record(scope, model) === record) return false;
    this.touch();
    if (scope === 'ACCOUNT') this.#cooldown = record;
    else if (record === undefined) this.#modelCooldowns?.delete(model);
    else this.#makeCooldowns().set(model, record);
    return true;
  }

  /** Drops the records of a model, or all where it is empty. Answers how many were running; undefined: there was none at all. */
  clearRecords(model: string, nowMs: number): number | undefined {
    const records = [
      ...(model === '' && this.#cooldown !== undefined ? [this.#cooldown] : []),
      ...[...this.modelCooldowns()]
        .filter(([name]) => model === '' || name === model)
        .map(([, record]) => record),
    ];
    this.touch();
    if (model === '') this.#cooldown = undefined;
    if (model === '') this.#modelCooldowns = undefined;
    else this.#modelCooldowns?.delete(model);
    return records.length === 0 ? undefined : records.filter(({ untilMs }) => untilMs > nowMs).length;
  }

  dropRecords(matches: (record: CooldownRecord) => boolean): void {
    if (this.#cooldown !== undefined && matches(this.#cooldown)) {
      this.#cooldown = undefined;
      this.touch();
    }
    for (const [model, record] of this.modelCooldowns()) {
      if (!matches(record)) continue;
      this.#modelCooldowns?.delete(model);
      this.touch();
    }
    if (this.#modelCooldowns?.size === 0) this.#modelCooldowns = undefined;
  }

  #makeCooldowns(): Map<string, CooldownRecord> {
    this.#modelCooldowns ??= new Map();
    return this.#modelCooldowns;
  }
}

const none: Iterable<readonly [string, CooldownRecord]> = [];
