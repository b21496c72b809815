import type { Account } from '../../catalog/account.ts';
import type { SelectionContext } from '../context.ts';
import type { Figures } from '../figures.ts';
import type { Verdict } from '../verdict.ts';

/** One reason not to use an account. Pure but for the tally in the context. */
export interface Filter {
  readonly verdict: Verdict;
  /** True where the catalog's index has applied it already, so that a selection among indexed candidates skips it. */
  readonly indexed?: boolean;
  /** Whether the account has what this filter looks at: where it has not, no request is turned down. Absent: every account has. */
  concerns?(account: Account): boolean;
  rejects(account: Account, figures: Figures, context: SelectionContext): boolean;
  /**
   * When an account this rejects passes it by itself, milliseconds since the epoch; undefined where nobody knows. Absent: no
   * time ever helps.
   */
  opensAtMs?(account: Account, figures: Figures, context: SelectionContext): number | undefined;
}
