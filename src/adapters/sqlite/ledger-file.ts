import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../../ports/ledger.ts';
import { checkIsLedger, migrate } from './migrate.ts';
import { sqliteCode, sqliteCodeOf, wordsOf } from './sqlite-errors.ts';

/** How long the opening waits for another process to let go of the file, for a restart that overlaps. */
const busyTimeoutMs = 250;

const fix = 'set ledger.path (REMORA_LEDGER_PATH) to a file this process may write';

/**
 * Opens the ledger's file, making it and its directories where they are missing, and brings its schema up to date.
 *
 * One process at a time: the connection holds SQLite's exclusive lock, so a sidecar started twice by mistake is told at
 * once. The lock is the operating system's and goes with the process, however it dies; there is no lock file to go stale.
 * It also keeps the WAL's index in memory, so no `-shm` file is needed and no lock is taken per statement.
 *
 * Every way this can fail is a LedgerError of one line that names the path and what to do.
 */
export function openLedgerFile(path: string): DatabaseSync {
  const file = resolve(path);
  makeDirectory(path, dirname(file));
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    checkIsLedger(database, path);
    configure(database);
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    throw openingError(path, file, error);
  }
}

/**
 * WAL with synchronous NORMAL: a commit is in the operating system's hands before it is answered, so killing the process
 * loses nothing; the disk is synced at checkpoints only, so a power cut or a kernel crash may lose the last moments (never
 * the file's integrity). FULL would sync on every commit, milliseconds each, for a loss that a sidecar's usage can bear.
 *
 * A checkpoint every 4,000 pages (16 MiB), for it is the syncs that cost: a third of a booking's CPU even so, and the longest
 * turns, 20-45 ms, are theirs. Pages of 1 or 2 KiB gain nothing over 4.
 */
function configure(database: DatabaseSync): void {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
  if (mode !== 'wal') throw new Error(`SQLite keeps the journal mode ${mode}, WAL is needed`);
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000');
  // After a burst the WAL shrinks back to what it takes between two checkpoints.
  database.exec('PRAGMA journal_size_limit = 16777216');
  // Fails now, not at the first booking, where the file can only be read.
  database.exec('BEGIN IMMEDIATE; COMMIT');
}

function makeDirectory(path: string, directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new LedgerError(`cannot make the directory of the ledger ${path} (${wordsOf(error)}): ${fix}`, {
      cause: error,
    });
  }
}

function openingError(path: string, file: string, error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  return new LedgerError(openingFault(path, file, error), { cause: error });
}

function openingFault(path: string, file: string, error: unknown): string {
  if (isDirectory(file)) return `the ledger path ${path} is a directory: ${fix}`;
  switch (sqliteCodeOf(error)) {
    case sqliteCode.busy:
      return `the ledger ${path} is in use by another process: stop that one, or give this one a ledger.path of its own`;
    case sqliteCode.notADatabase:
    case sqliteCode.corrupt:
      return `${path} is no SQLite database, or a damaged one (${wordsOf(error)}): move it away, or set ledger.path to another file`;
    default:
      return `cannot open the ledger ${path} (${wordsOf(error)}): ${fix}`;
  }
}

function isDirectory(file: string): boolean {
  try {
    return statSync(file).isDirectory();
  } catch {
    // Not there, or not to be looked at: SQLite's own words say enough.
    return false;
  }
}
