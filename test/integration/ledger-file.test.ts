import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteLedger } from '../../src/adapters/sqlite/ledger.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { LedgerError } from '../../src/ports/ledger.ts';
import { usageEntry } from '../support/usage-entries.ts';

describe("the ledger's file", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'remora-ledger-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const at = (name: string) => join(directory, name);
  const open = (path: string) => openSqliteLedger({ path, clock: systemClock });

  /** Works on the file as another program would, while no ledger has it open. */
  function withDatabase<Result>(path: string, work: (database: DatabaseSync) => Result): Result {
    const database = new DatabaseSync(path);
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  function refusal(path: string): string {
    try {
      open(path);
    } catch (error) {
      expect(error).toBeInstanceOf(LedgerError);
      return (error as LedgerError).message;
    }
    throw new Error(`${path} was opened`);
  }

  it('is made with the directories above it', async () => {
    const path = at('some/where/remora.db');
    await open(path).close();
    expect(existsSync(path)).toBe(true);
  });

  it('has its write-ahead log beside it while open, and is alone once closed', async () => {
    const ledger = open(at('remora.db'));
    await ledger.book(usageEntry());
    expect(readdirSync(directory).sort()).toEqual(['remora.db', 'remora.db-wal']);
    await ledger.close();
    expect(readdirSync(directory)).toEqual(['remora.db']);
  });

  it('is a file even where its name means something else to SQLite', async () => {
    const path = at(':memory:');
    await open(path).close();
    expect(existsSync(path)).toBe(true);
  });

  it('keeps every field of an entry', async () => {
    const entry = usageEntry({ costUsd: 0.1 + 0.2, inputTokens: Number.MAX_SAFE_INTEGER, model: 'модель' });
    const ledger = open(at('remora.db'));
    await ledger.book(entry);
    await ledger.close();
    const row = withDatabase(at('remora.db'), (database) => {
      const all = database.prepare('SELECT * FROM usage');
      all.setReadBigInts(true);
      return { ...all.get() };
    });
    expect(row).toEqual({
      id: 1n,
      lease_id: entry.leaseId,
      account_id: entry.accountId,
      group_id: entry.groupId,
      model: entry.model,
      booked_at_ms: BigInt(entry.bookedAtMs),
      input_tokens: BigInt(entry.inputTokens),
      output_tokens: BigInt(entry.outputTokens),
      cache_read_tokens: BigInt(entry.cacheReadTokens),
      cache_creation_tokens: BigInt(entry.cacheCreationTokens),
      cost_usd: entry.costUsd,
    });
  });

  it('finds sums and rows by their keys, never by looking through a table', async () => {
    await open(at('remora.db')).close();
    const plan = (name: string) => {
      const sql = readFileSync(
        join(import.meta.dirname, `../../src/adapters/sqlite/sql/${name}.sql`),
        'utf8',
      );
      return withDatabase(at('remora.db'), (database) =>
        database.prepare(`EXPLAIN QUERY PLAN ${sql.replaceAll(/--.*$/gm, '')}`).all(),
      )
        .map((row) => String(row.detail))
        .filter((detail) => /^(SEARCH|SCAN) (usage|minute|hour|daily|total|recent_cost)_?\w* /.test(detail));
    };
    expect(plan('window-costs')).toEqual([
      'SEARCH minute_rows USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH usage USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
      'SEARCH usage USING INTEGER PRIMARY KEY (rowid>?)',
      'SEARCH minute_cost USING PRIMARY KEY (minute>? AND minute<?)',
      'SEARCH minute_cost USING PRIMARY KEY (minute=? AND account_id=?)',
      'SEARCH hour_cost USING PRIMARY KEY (hour>? AND hour<?)',
      'SEARCH hour_cost USING PRIMARY KEY (hour=? AND account_id=?)',
      'SEARCH daily_cost USING PRIMARY KEY (day>?)',
      'SEARCH daily_cost USING PRIMARY KEY (day=? AND account_id=?)',
      'SEARCH recent_cost USING PRIMARY KEY (minute>?)',
      'SEARCH recent_cost USING PRIMARY KEY (minute=? AND account_id=?)',
    ]);
    expect(plan('quota-use')).toEqual([
      'SEARCH usage USING INTEGER PRIMARY KEY (rowid>?)',
      'SEARCH daily_cost USING PRIMARY KEY (day=? AND account_id=?)',
      'SEARCH recent_cost USING PRIMARY KEY',
      'SEARCH recent_cost USING PRIMARY KEY (minute=? AND account_id=?)',
      'SEARCH daily_cost USING PRIMARY KEY (day=? AND account_id=?)',
      'SEARCH recent_cost USING PRIMARY KEY (minute=? AND account_id=?)',
      'SEARCH total_cost USING PRIMARY KEY (account_id=?)',
      'SEARCH recent_cost USING PRIMARY KEY (minute=? AND account_id=?)',
    ]);
  });

  it('can be open once at a time', async () => {
    const path = at('remora.db');
    const first = open(path);
    expect(refusal(path)).toBe(
      `the ledger ${path} is in use by another process: stop that one, or give this one a ledger.path of its own`,
    );
    expect(await first.book(usageEntry())).toBe('booked');
    await first.close();
    await open(path).close();
  });

  describe('is refused in one line that names it and what to do', () => {
    const fix = 'set ledger.path (REMORA_LEDGER_PATH) to a file this process may write';

    it('where it is a directory', () => {
      expect(refusal(directory)).toBe(`the ledger path ${directory} is a directory: ${fix}`);
    });

    it('where its directory cannot be made', () => {
      writeFileSync(at('file'), '');
      const path = at('file/below/remora.db');
      expect(refusal(path)).toMatch(
        /^cannot make the directory of the ledger \S+ \(ENOTDIR.*\): set ledger\.path .*$/,
      );
      expect(refusal(path)).toContain(path);
    });

    it('where no file can be made', () => {
      const path = at('link.db');
      symlinkSync(at('gone/remora.db'), path);
      expect(refusal(path)).toBe(`cannot open the ledger ${path} (unable to open database file): ${fix}`);
    });

    it.each([
      ['long', 'no database at all, whatever its name\n'.repeat(500)],
      ['short', 'no database'],
    ])('where it holds something else (%s)', (_, content) => {
      writeFileSync(at('notes.db'), content);
      expect(refusal(at('notes.db'))).toBe(
        `${at('notes.db')} is no SQLite database, or a damaged one (file is not a database): move it away, or set ledger.path to another file`,
      );
      expect(readFileSync(at('notes.db'), 'utf8')).toBe(content);
    });

    it('where it is a database of another program, which stays as it was', () => {
      const path = at('other.db');
      withDatabase(path, (database) => database.exec('CREATE TABLE usage (lease_id TEXT)'));
      const before = readFileSync(path);
      expect(refusal(path)).toBe(
        `${path} is another program's database: set ledger.path to a file of remora's own`,
      );
      expect(readFileSync(path)).toEqual(before);
    });

    it('where a newer version wrote it, which stays as it was', async () => {
      const path = at('remora.db');
      await open(path).close();
      withDatabase(path, (database) => database.exec('PRAGMA user_version = 99'));
      const before = readFileSync(path);
      expect(refusal(path)).toMatch(
        /^the ledger \S+ was written by a newer remora \(schema 99, this one knows \d+\): run that version, or set ledger.path to another file$/,
      );
      expect(readFileSync(path)).toEqual(before);
    });

    it('and another file then opens as if nothing had been', async () => {
      mkdirSync(at('taken'));
      refusal(at('taken'));
      const ledger = open(at('free.db'));
      expect(await ledger.book(usageEntry())).toBe('booked');
      await ledger.close();
    });
  });
});
