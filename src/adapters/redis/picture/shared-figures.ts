import type { CooldownRecord } from '../../../failover/cooldown.ts';
import type { UpstreamWindow } from '../../../failover/failure.ts';
import type { QuotaUse } from '../../../ports/ledger.ts';
import type { Figures, ScheduleOverride } from '../../../selection/figures.ts';
import { type FiguresLog, FiguresMark } from '../../../selection/figures-log.ts';
import { decodeRecord } from '../record-text.ts';
import { RequestRing } from './request-ring.ts';
import { SharedSessions } from './shared-sessions.ts';
import { costOf, decodeQuota, decodeWindow, type KnownQuota, type KnownWindow, useOf } from './spend-text.ts';

/** Fields of an account's hash and their values, one after the other; an empty value: none. */
export type FieldList = readonly string[];

export interface SharedFiguresOptions {
  readonly accountId: string;
  /** How long a figure read from the ledger is trusted. */
  readonly spendTtlMs: number;
  readonly log: FiguresLog;
}

/** What is known here of an account that all sidecars share, kept up by what the store answers and tells, and told to the log of figures. */
export class SharedFigures extends FiguresMark implements Figures {
  readonly accountId: string;
  /** The stamp of the latest word on the account; an older one tells nothing. */
  asOf = 0;
  lastUsedAt = 0;
  /** Of those, as many as the store was told of. */
  waitingReported = 0;
  waitingElsewhere = 0;
  cooldown: CooldownRecord | undefined;
  override: ScheduleOverride | undefined;
  upstreamWindow: UpstreamWindow | undefined;
  readonly activeSessions = new SharedSessions();
  readonly #spendTtlMs: number;
  readonly #requests = new RequestRing();
  readonly #models = new Map<string, CooldownRecord>();
  /** Cooldowns and override as they were told, to see whether a word is news. */
  readonly #standing = new Map<string, string>();
  #inFlight = 0;
  #waitingHere = 0;
  #window: KnownWindow | undefined;
  #quota: KnownQuota | undefined;

  constructor({ accountId, spendTtlMs, log }: SharedFiguresOptions) {
    super(log, accountId);
    this.accountId = accountId;
    this.#spendTtlMs = spendTtlMs;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  set inFlight(count: number) {
    this.#inFlight = count;
    this.touch();
  }

  get waitingHere(): number {
    return this.#waitingHere;
  }

  set waitingHere(count: number) {
    this.#waitingHere = count;
    this.touch();
  }

  get waiting(): number {
    return this.#waitingHere + this.waitingElsewhere;
  }

  /** The records of the account and of a model as fields; undefined where there are none and none were known, as for most claims. */
  standingFields(model: string, [own, ofModel]: readonly [string, string]): FieldList | undefined {
    if (own === '' && ofModel === '' && this.#standing.size === 0) return undefined;
    return ['cd', own, `cd:${model}`, ofModel];
  }

  /** Counts a request among those of the last minute, the latest use by the store's stamp. */
  countUse(stamp: number, nowMs: number): void {
    this.lastUsedAt = stamp;
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
    return this.#models.size === 0 ? undefined : this.#models.get(model);
  }

  modelCooldowns(): Iterable<readonly [string, CooldownRecord]> {
    return this.#models;
  }

  windowCost(windowStartMs: number, nowMs: number): number | undefined {
    return costOf(this.#window, { startMs: windowStartMs, nowMs, ttlMs: this.#spendTtlMs });
  }

  quotaUse(nowMs: number): QuotaUse | undefined {
    return useOf(this.#quota, { nowMs, ttlMs: this.#spendTtlMs });
  }

  get window(): KnownWindow | undefined {
    return this.#window;
  }

  get quota(): KnownQuota | undefined {
    return this.#quota;
  }

  spendKnownUntilMs(nowMs: number): number {
    const untilMs = (readAtMs: number | undefined) =>
      readAtMs === undefined || nowMs - readAtMs >= this.#spendTtlMs
        ? Number.POSITIVE_INFINITY
        : readAtMs + this.#spendTtlMs;
    return Math.min(untilMs(this.#window?.readAtMs), untilMs(this.#quota?.readAtMs));
  }

  /** Takes over some fields. Answers whether the account's standing changed. */
  update(fields: FieldList): boolean {
    let changed = false;
    this.touch();
    for (let at = 0; at < fields.length; at += 2)
      changed = this.#set(fields[at]!, fields[at + 1]!) || changed;
    return changed;
  }

  /** Takes over all fields: those not among them are gone. Answers whether the account's standing changed. */
  restore(fields: FieldList): boolean {
    const told = new Set<string>();
    for (let at = 0; at < fields.length; at += 2) told.add(fields[at]!);
    const gone = [...this.#standing.keys(), 'lu', 'rpm', 'wt', 'win', 'w', 'q'].filter(
      (field) => !told.has(field),
    );
    return this.update([...gone.flatMap((field) => [field, '']), ...fields]);
  }

  #set(field: string, value: string): boolean {
    switch (field) {
      case 'lu':
        this.lastUsedAt = Number(value);
        return false;
      case 'rpm':
        this.#requests.restore(value);
        return false;
      case 'wt':
        this.waitingElsewhere = Math.max(0, Number(value) - this.waitingReported);
        return false;
      case 'win':
        this.upstreamWindow = windowOf(value);
        return false;
      case 'w':
        this.#window = decodeWindow(value);
        return false;
      case 'q':
        this.#quota = decodeQuota(value);
        return false;
      default:
        return this.#setStanding(field, value);
    }
  }

  #setStanding(field: string, value: string): boolean {
    const isModel = field.startsWith('cd:');
    if (!isModel && field !== 'cd' && field !== 'ov') return false;
    if ((this.#standing.get(field) ?? '') === value) return false;
    if (value === '') this.#standing.delete(field);
    else this.#standing.set(field, value);
    if (field === 'ov') this.override = value === '' ? undefined : (JSON.parse(value) as ScheduleOverride);
    else this.#setRecord(isModel ? field.slice(3) : undefined, decodeRecord(value));
    return true;
  }

  #setRecord(model: string | undefined, record: CooldownRecord | undefined): void {
    if (model === undefined) this.cooldown = record;
    else if (record === undefined) this.#models.delete(model);
    else this.#models.set(model, record);
  }
}

function windowOf(text: string): UpstreamWindow | undefined {
  if (text === '') return undefined;
  const [startMs, endMs] = text.split('|').map(Number) as [number, number];
  return { startMs, endMs };
}
