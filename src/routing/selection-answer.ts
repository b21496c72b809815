import type { Catalog } from '../catalog/catalog.ts';
import type { Lease } from '../ports/state-store.ts';
import type { Selection } from './api.ts';
import { toAttempts } from './refusals.ts';

export interface AnswerContext {
  readonly catalog: Catalog;
  readonly rateMultiplier: number;
  readonly degraded: boolean;
  readonly includeCredential: boolean;
}

/** The answer that a lease stands for; undefined where its account has left the catalog since. */
export function toSelection(lease: Lease, context: AnswerContext): Selection | undefined {
  const { grant } = lease;
  const account = context.catalog.accounts.get(lease.accountId);
  if (account === undefined) return undefined;
  return {
    account,
    upstreamModel: account.models.upstreamOf(lease.model) ?? lease.model,
    lease: { id: lease.id, expiresAtMs: lease.expiresAtMs },
    rateMultiplier: context.rateMultiplier,
    sticky: grant.sticky,
    ...(grant.sticky === 'MOVED' && grant.movedFrom !== undefined && { movedFrom: grant.movedFrom }),
    attempt: grant.attempt,
    attempts:
      grant.chain === undefined && grant.passedOver.length === 0
        ? none
        : toAttempts([...(grant.chain?.attempts ?? []), ...grant.passedOver]),
    degraded: context.degraded,
    credential: context.includeCredential ? (account.credential?.reveal() ?? '') : '',
  };
}

const none: Selection['attempts'] = [];
