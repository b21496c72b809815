import type { CooldownRecord } from '../../../failover/cooldown.ts';
import { nonceOf } from '../lease-payload.ts';
import type { NotedRecord } from '../reconcile-script.ts';
import { encodeRecord } from '../record-text.ts';
import type { RedisStateStore } from '../state-store.ts';
import type { Journal } from './journal.ts';
import type { LocalTime } from './local-time.ts';
import type { OwnLease, OwnLeases } from './own-leases.ts';

export interface ReunionOptions {
  readonly shared: RedisStateStore;
  readonly own: OwnLeases;
  readonly journal: Journal;
  /** The accounts this sidecar has dealt with. */
  readonly accountIds: () => Iterable<string>;
}

/** Of each kind, told by one script: about a millisecond of the server's time. */
const toldAtOnce = 200;
/** What came in while the rest was told is told next; after so many rounds the rest is told with the store in charge. */
const maxRounds = 20;

/** Tells the shared store, once it answers again, what was done without it. Rejects where it falls silent again. */
export class Reunion {
  readonly #shared: RedisStateStore;
  readonly #own: OwnLeases;
  readonly #journal: Journal;
  readonly #accountIds: () => Iterable<string>;

  constructor({ shared, own, journal, accountIds }: ReunionOptions) {
    this.#shared = shared;
    this.#own = own;
    this.#journal = journal;
    this.#accountIds = accountIds;
  }

  async reunite(outage: LocalTime, now: () => number): Promise<void> {
    await this.#shared.beat(now());
    while (outage.later.length > 0) {
      await outage.later[0]!();
      outage.later.shift();
    }
    await this.#tellRecords(this.#recordsSince(outage, now()), now());
    const told = new Set<string>();
    for (let round = 0; round < maxRounds; round += 1) {
      await this.#tellHeld(now(), told);
      await this.tellJournal(now());
      if (this.#journal.size === 0 && this.#untold(now(), told).length === 0) break;
    }
    // The picture with all of it in place.
    await this.#shared.beat(now());
  }

  /** Puts the leases of this sidecar into a store that lost them. */
  async takeUp(nowMs: number): Promise<void> {
    await this.#tellHeld(nowMs, new Set());
  }

  /** Tells what is left to tell once the store is in charge again. */
  async tellRest(nowMs: number): Promise<void> {
    await this.#tellHeld(
      nowMs,
      new Set([...this.#own.held(nowMs)].filter(({ isShared }) => isShared).map(({ lease }) => lease.id)),
    );
    await this.tellJournal(nowMs);
  }

  async tellJournal(nowMs: number): Promise<void> {
    // What is added meanwhile is for the next time: under load there is always more.
    for (let left = this.#journal.size; left > 0; left -= toldAtOnce) {
      const part = this.#journal.take(toldAtOnce);
      try {
        await this.#shared.reconcile({ ...part, held: [], records: [] }, nowMs);
      } catch (error) {
        this.#journal.putBack(part);
        throw error;
      }
    }
  }

  async #tellHeld(nowMs: number, told: Set<string>): Promise<void> {
    const left = this.#untold(nowMs, told);
    for (let at = 0; at < left.length; at += toldAtOnce) {
      // But those that were reported since.
      const held = left
        .slice(at, at + toldAtOnce)
        .filter(({ lease }) => this.#own.get(lease.id) !== undefined);
      // Before the store hears of them: what is reported while it does is then told of as well.
      for (const { lease } of held) {
        told.add(lease.id);
        this.#own.share(lease.id);
      }
      const gone = new Set(
        await this.#shared.reconcile({ held, ended: [], spent: [], records: [], bindings: [] }, nowMs),
      );
      for (const { lease } of held) if (gone.has(nonceOf(lease.id))) this.#own.take(lease.id);
    }
  }

  #untold(nowMs: number, told: ReadonlySet<string>): readonly OwnLease[] {
    return [...this.#own.held(nowMs)].filter(({ lease }) => !told.has(lease.id));
  }

  async #tellRecords(records: readonly NotedRecord[], nowMs: number): Promise<void> {
    for (let at = 0; at < records.length; at += toldAtOnce) {
      const part = records.slice(at, at + toldAtOnce);
      await this.#shared.reconcile({ held: [], ended: [], spent: [], records: part, bindings: [] }, nowMs);
    }
  }

  /** Cooldowns that run here and not as they did when the outage began. */
  #recordsSince({ store }: LocalTime, nowMs: number): readonly NotedRecord[] {
    const noted: NotedRecord[] = [];
    for (const accountId of this.#accountIds()) {
      const here = store.figures(accountId);
      const there = this.#shared.figures(accountId);
      const note = (field: string, record: CooldownRecord, known: CooldownRecord | undefined) => {
        const text = encodeRecord(record);
        const isKnown = known !== undefined && encodeRecord(known) === text;
        if (record.untilMs > nowMs && !isKnown) noted.push({ accountId, field, text });
      };
      if (here.cooldown !== undefined) note('cd', here.cooldown, there.cooldown);
      for (const [model, record] of here.modelCooldowns())
        note(`cd:${model}`, record, there.modelCooldown(model));
    }
    return noted;
  }
}
