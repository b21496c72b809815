import { mondayOf, utcDay } from '../../ports/calendar.ts';
import type { QuotaUse, UsageEntry } from '../../ports/ledger.ts';
import { RefusedEntriesError, type SpoolTarget, type SumsUpTo } from '../../ports/spool-target.ts';
import type { PostgresDatabase } from './database.ts';
import { PostgresError } from './sql-states.ts';

interface CostRow {
  readonly account_id: string;
  /** Numbers too exact for a JavaScript number come as text. */
  readonly cost_usd: string;
  readonly up_to: string | null;
}

interface QuotaRow {
  readonly account_id: string;
  readonly daily_usd: string;
  readonly weekly_usd: string;
  readonly total_usd: string;
  readonly up_to: string | null;
}

/** Usage in Postgres: bookings and sums, each one statement. Rejects with a PostgresError, as the database does. */
export class PostgresUsageStore implements SpoolTarget {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  /** Books the entries whose leases are not booked yet, all or none, and says which leases those were. */
  async book(
    entries: readonly UsageEntry[],
    mark?: { readonly spoolId: string; readonly upTo: number },
  ): Promise<ReadonlySet<string>> {
    // Of a lease that is there twice the first one counts.
    const byLease = new Map(entries.toReversed().map((entry) => [text(entry.leaseId), entry]));
    const once = [...byLease];
    const rows = await this.#database.query<{ lease_id: string }>('book', [
      once.map(([leaseId]) => leaseId),
      once.map(([, { accountId }]) => text(accountId)),
      once.map(([, { groupId }]) => text(groupId)),
      once.map(([, { model }]) => text(model)),
      once.map(([, { bookedAtMs }]) => bookedAtMs),
      once.map(([, { inputTokens }]) => inputTokens),
      once.map(([, { outputTokens }]) => outputTokens),
      once.map(([, { cacheReadTokens }]) => cacheReadTokens),
      once.map(([, { cacheCreationTokens }]) => cacheCreationTokens),
      once.map(([, { costUsd }]) => costUsd),
      mark?.spoolId ?? null,
      mark?.upTo ?? null,
    ]);
    return new Set(rows.map(({ lease_id }) => byLease.get(lease_id)?.leaseId ?? lease_id));
  }

  async append({ spoolId, entries, upTo }: Parameters<SpoolTarget['append']>[0]): Promise<void> {
    try {
      await this.book(entries, { spoolId, upTo });
    } catch (error) {
      if (!(error instanceof PostgresError) || !error.refusesValues) throw error;
      throw new RefusedEntriesError(error.message, { cause: error });
    }
  }

  async upTo(spoolId: string): Promise<number> {
    const [row] = await this.#database.query<{ up_to: string }>('spool-up-to', [spoolId]);
    return Number(row?.up_to ?? 0);
  }

  async windowCosts(query: {
    readonly spoolId?: string;
    readonly accountIds: readonly string[];
    readonly sinceMs: number;
  }): Promise<SumsUpTo<number>> {
    const { spoolId, accountIds, sinceMs } = query;
    const asked = byText(accountIds);
    const rows = await this.#database.query<CostRow>('window-costs', [
      [...asked.keys()],
      sinceMs,
      spoolId ?? null,
    ]);
    const sums = new Map(rows.map((row) => [asked.get(row.account_id) ?? '', Number(row.cost_usd)]));
    return { sums, upTo: Number(rows[0]?.up_to ?? 0) };
  }

  async quotaUse(query: {
    readonly spoolId?: string;
    readonly accountIds: readonly string[];
    readonly nowMs: number;
  }): Promise<SumsUpTo<QuotaUse>> {
    const { spoolId, accountIds, nowMs } = query;
    const asked = byText(accountIds);
    const today = utcDay(nowMs);
    const rows = await this.#database.query<QuotaRow>('quota-use', [
      [...asked.keys()],
      today,
      mondayOf(today),
      spoolId ?? null,
    ]);
    const sums = new Map(rows.map((row) => [asked.get(row.account_id) ?? '', useOf(row)]));
    return { sums, upTo: Number(rows[0]?.up_to ?? 0) };
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function useOf(row: QuotaRow): QuotaUse {
  return {
    dailyUsd: Number(row.daily_usd),
    weeklyUsd: Number(row.weekly_usd),
    totalUsd: Number(row.total_usd),
  };
}

/** Ids as asked for, by their text in the database, each once. */
function byText(ids: readonly string[]): Map<string, string> {
  return new Map(ids.map((id) => [text(id), id]));
}

/**
 * What Postgres can hold of a text: no zero character and no half of a surrogate pair. They stand as characters that look like them;
 * one request's odd model name must not keep a batch from being booked.
 */
function text(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\u2400');
}
