import { utcDay } from '../../ports/calendar.ts';
import { LedgerError, type QuotaUse } from '../../ports/ledger.ts';
import type { SpoolTarget, SumsUpTo } from '../../ports/spool-target.ts';
import { LastKnownSums } from './last-known-sums.ts';
import type { SpoolFile } from './spool-file.ts';
import { wordsOf } from './sqlite-errors.ts';

export interface SpoolSumsOptions {
  readonly spool: SpoolFile;
  readonly target: SpoolTarget;
  /** Told where the target has lost rows it had confirmed. */
  readonly onLost: () => void;
}

/** How sums of one kind are asked for and added up. */
interface Kind<Value> {
  readonly period: number;
  readonly lastKnown: LastKnownSums<Value>;
  readonly ask: () => Promise<SumsUpTo<Value>>;
  /** Sums of the spool's rows after an id. */
  readonly inSpool: (accountIds: readonly string[], afterId: number) => ReadonlyMap<string, Value>;
  readonly add: (a: Value, b: Value) => Value;
}

/**
 * Sums of what the shared store holds and what the spool still does, each booking once: the store says how far the spool had arrived
 * at the moment of the sum, and the spool's rows after that are added. While the store is away its last word counts in its place.
 */
export class SpoolSums {
  readonly #options: SpoolSumsOptions;
  readonly #windows = new LastKnownSums<number>();
  readonly #quotas = new LastKnownSums<QuotaUse>();
  #reads = 0;

  constructor(options: SpoolSumsOptions) {
    this.#options = options;
  }

  /** Whether a sum is under way. */
  get reading(): boolean {
    return this.#reads > 0;
  }

  /** Rejects with a LedgerError where the store is away and an account was not read in that window before. */
  windowCosts(accountIds: readonly string[], sinceMs: number): Promise<ReadonlyMap<string, number>> {
    const { spool, target } = this.#options;
    return this.#read(accountIds, {
      period: sinceMs,
      lastKnown: this.#windows,
      ask: () => target.windowCosts({ spoolId: spool.spoolId, accountIds, sinceMs }),
      inSpool: (ids, afterId) => spool.windowCosts(ids, sinceMs, afterId),
      add: (a, b) => a + b,
    });
  }

  /** Rejects with a LedgerError where the store is away and an account was not read that day before. */
  quotaUse(accountIds: readonly string[], nowMs: number): Promise<ReadonlyMap<string, QuotaUse>> {
    const { spool, target } = this.#options;
    return this.#read(accountIds, {
      period: utcDay(nowMs),
      lastKnown: this.#quotas,
      ask: () => target.quotaUse({ spoolId: spool.spoolId, accountIds, nowMs }),
      inSpool: (ids, afterId) => spool.quotaUse(ids, nowMs, afterId),
      add: (a, b) => ({
        dailyUsd: a.dailyUsd + b.dailyUsd,
        weeklyUsd: a.weeklyUsd + b.weeklyUsd,
        totalUsd: a.totalUsd + b.totalUsd,
      }),
    });
  }

  async #read<Value>(accountIds: readonly string[], kind: Kind<Value>): Promise<ReadonlyMap<string, Value>> {
    if (accountIds.length === 0) return new Map();
    // Rows that are confirmed while the store answers stay in the file until this is over.
    this.#reads += 1;
    try {
      return await this.#sum(accountIds, kind);
    } finally {
      this.#reads -= 1;
    }
  }

  async #sum<Value>(accountIds: readonly string[], kind: Kind<Value>): Promise<ReadonlyMap<string, Value>> {
    const confirmedBefore = this.#options.spool.sentUpTo;
    let answer: SumsUpTo<Value>;
    try {
      answer = await kind.ask();
    } catch (error) {
      return this.#fromLastKnown(accountIds, kind, error);
    }
    if (answer.upTo < confirmedBefore) this.#options.onLost();
    kind.lastKnown.keep(kind.period, answer);
    return this.#withSpool(kind, answer.sums, answer.upTo);
  }

  #fromLastKnown<Value>(accountIds: readonly string[], kind: Kind<Value>, error: unknown) {
    const known = kind.lastKnown.of(accountIds, kind.period);
    if (known === undefined) throw new LedgerError(wordsOf(error), { cause: error });
    const sums = new Map<string, Value>();
    for (const [upTo, accounts] of Map.groupBy(known, ([, { upTo }]) => upTo)) {
      const ofStore = new Map(accounts.map(([accountId, { value }]) => [accountId, value]));
      for (const [accountId, sum] of this.#withSpool(kind, ofStore, upTo)) sums.set(accountId, sum);
    }
    return sums;
  }

  #withSpool<Value>(kind: Kind<Value>, ofStore: ReadonlyMap<string, Value>, upTo: number) {
    const inSpool = kind.inSpool([...ofStore.keys()], upTo);
    const sums = new Map<string, Value>();
    for (const [accountId, stored] of ofStore) {
      const waiting = inSpool.get(accountId);
      sums.set(accountId, waiting === undefined ? stored : kind.add(stored, waiting));
    }
    return sums;
  }
}
