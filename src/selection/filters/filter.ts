import type { Account } from '../../catalog/account.ts';
import type { SelectionContext } from '../context.ts';
import type { PoolEntry } from '../pool-entry.ts';
import type { Verdict } from '../verdict.ts';

/** One reason not to use an account. Pure but for the tally in the context. */
export interface Filter {
  readonly verdict: Verdict;
  /** True where the catalog's index has applied it already, so that a selection among indexed candidates skips it. */
  readonly indexed?: boolean;
  /** True where it goes by figures that may have to be read, and so has to see every account that has them. */
  readonly reads?: boolean;
  /** Whether the account has what this filter looks at: where it has not, no request is turned down. Absent: every account has. */
  concerns?(account: Account): boolean;
  rejects(entry: PoolEntry, context: SelectionContext): boolean;
  /**
   * When its word may become another by the mere passing of time, milliseconds since the epoch, later than now; Infinity: never.
   * Earlier than need be is allowed, later is not. Absent: it goes by nothing that time changes.
   */
  standsUntilMs?(entry: PoolEntry, context: SelectionContext): number;
  /**
   * When an account this rejects passes it by itself, milliseconds since the epoch; undefined where nobody knows. Absent: no
   * time ever helps.
   */
  opensAtMs?(entry: PoolEntry, context: SelectionContext): number | undefined;
}
