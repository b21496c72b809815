import { LedgerError } from '../../ports/ledger.ts';

/** SQLite's primary result codes that get words of their own. */
export const sqliteCode = { busy: 5, corrupt: 11, notADatabase: 26 } as const;

/** The primary result code of an error thrown by node:sqlite; undefined for any other. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  // The low byte: extended codes carry the detail above it.
  return error.errcode & 0xff;
}

/** A LedgerError that names the file; one that is a LedgerError already comes back as it is. */
export function ledgerErrorOf(path: string, doing: string, error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  return new LedgerError(`the ledger ${path} failed ${doing}: ${wordsOf(error)}`, { cause: error });
}

/** An error's message on one line. */
export function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.replaceAll(/\s+/g, ' ').trim();
}
