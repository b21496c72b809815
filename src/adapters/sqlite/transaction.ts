import type { DatabaseSync } from 'node:sqlite';

/** Runs `work` as one transaction: kept whole once this returns, not at all where it throws. */
export type InTransaction = <Result>(work: () => Result) => Result;

/** Transactions of one database, for those who make many: the statements around them are prepared once. */
export function createTransactions(database: DatabaseSync): InTransaction {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  return (work) => {
    rollBack(database);
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      rollBack(database);
      throw error;
    }
  };
}

/** Runs one statement, a transaction by itself: without the two around it, which cost about 1 us. */
export function asTransaction<Result>(database: DatabaseSync, statement: () => Result): Result {
  rollBack(database);
  return statement();
}

/** One such transaction. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  return createTransactions(database)(work);
}

/**
 * Ends a transaction that is still open. On a full disk or an I/O error SQLite has often rolled back by itself, and a
 * rollback may fail in turn; the next transaction then tries again before it begins, so one bad moment never blocks those
 * that follow.
 */
function rollBack(database: DatabaseSync): void {
  if (!database.isTransaction) return;
  try {
    database.exec('ROLLBACK');
  } catch {
    // The error that led here is the one to tell; BEGIN fails with a reason of its own while this lasts.
  }
}
