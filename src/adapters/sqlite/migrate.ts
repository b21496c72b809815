import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../../ports/ledger.ts';
import { sqlDirectory } from './sql-text.ts';
import { inTransaction } from './transaction.ts';

/** Marks a file as this ledger's in SQLite's header ("remo"), so that no other program's tables are ever written to. */
const applicationId = 0x72656d6f;

const migrationName = /^(\d{3})-.+\.sql$/;

/** Refuses, before anything in it is changed, a file of another program or of a newer version. Throws a LedgerError. */
export function checkIsLedger(database: DatabaseSync, path: string): void {
  const marked = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const used = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (used && marked !== applicationId) {
    throw new LedgerError(`${path} is another program's database: set ledger.path to a file of remora's own`);
  }
  const known = migrationFiles().length;
  if (version > known) {
    throw new LedgerError(
      `the ledger ${path} was written by a newer remora (schema ${version}, this one knows ${known}): ` +
        'run that version, or set ledger.path to another file',
    );
  }
}

/** Brings the schema up to date, each numbered file in a transaction of its own with the version it makes. */
export function migrate(database: DatabaseSync): void {
  const done = pragma(database, 'user_version');
  for (const [index, file] of migrationFiles().entries()) {
    const version = index + 1;
    if (version <= done) continue;
    inTransaction(database, () => {
      database.exec(readFileSync(file, 'utf8'));
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`);
    });
  }
}

/** The migrations in order; their numbers run from 001 without a gap. */
function migrationFiles(): string[] {
  const directory = join(sqlDirectory, 'migrations');
  const names = readdirSync(directory).sort();
  for (const [index, name] of names.entries()) {
    if (Number(migrationName.exec(name)?.[1]) !== index + 1) throw new Error(`unexpected migration ${name}`);
  }
  return names.map((name) => join(directory, name));
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
