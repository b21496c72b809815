import type { Account } from '../catalog/account.ts';
import type { CandidateQuery, Catalog } from '../catalog/catalog.ts';
import type { SelectionContext } from '../selection/context.ts';
import { coolingDown, modelCoolingDown } from '../selection/filters/cooldown.ts';
import { disabled } from '../selection/filters/standing.ts';
import { fullVerdict } from '../selection/pipeline.ts';
import type { PoolEntry } from '../selection/pool-entry.ts';
import type { Verdict } from '../selection/verdict.ts';
import type { PoolEntries } from './pool-entries.ts';

/** What a request finds of the account its session is bound to. */
export interface BoundJudgement {
  readonly verdict: Verdict;
  /** Undefined where the account is gone from the pool. */
  readonly entry: PoolEntry | undefined;
}

export interface BoundQuestion {
  readonly catalog: Catalog;
  readonly step: CandidateQuery;
  readonly context: SelectionContext;
  readonly pools: PoolEntries;
}

export function judgeBound({ catalog, step, context, pools }: BoundQuestion): BoundJudgement {
  const account = catalog.accounts.get(context.boundAccountId);
  if (account === undefined || !isIn(account, step.groupId)) return { verdict: 'DISABLED', entry: undefined };
  const entry = pools.of(catalog, step).entryOf(account.id) ?? pools.entry(account, step);
  return { verdict: fullVerdict(entry, context), entry };
}

function isIn(account: Account, groupId: string): boolean {
  return groupId === '' ? account.groupIds.length === 0 : account.groupIds.includes(groupId);
}

/**
 * A binding goes when its account is gone, out of service or cooling, whatever else was said of it first: that a request excludes
 * the account is that request's affair, its standing is everybody's. A caller that insists on the bound account keeps it through
 * a cooldown: told when the account is back, it would otherwise find the session bound to none.
 */
export function losesBinding(
  { entry }: BoundJudgement,
  context: SelectionContext,
  requireSticky: boolean,
): boolean {
  if (entry === undefined) return true;
  if (disabled.rejects(entry, context)) return true;
  if (requireSticky) return false;
  return coolingDown.rejects(entry, context) || modelCoolingDown.rejects(entry, context);
}
