import type { SelectAccountRequest } from '../../../gen/remora/v1/router_pb.ts';
import { StickyPolicy } from '../../../gen/remora/v1/selection_pb.ts';
import type { SelectRequest } from '../../routing/api.ts';
import { invalid, type Refused } from '../refused.ts';
import { durationFault, enumFault, leaseIdFault, textFault, textsFault, ttlFault } from './fields.ts';
import { limits } from './limits.ts';
import { decodeDuration } from './time.ts';

/** Reads a SelectAccountRequest. `prefix` goes before the name of a field at fault, where the message stands inside another. */
export function decodeSelect(message: SelectAccountRequest, prefix = ''): SelectRequest | Refused {
  const fault = faultOf(message);
  if (fault !== undefined) return invalid(prefix + fault);
  const request: SelectRequest = {
    groupId: message.groupId,
    model: message.model,
    sessionId: message.sessionId,
    userId: message.userId,
    platform: message.platform,
    excludedAccountIds: message.excludedAccountIds,
    // Rounded up, so that the shortest wait is still one.
    maxWaitMs: Math.min(Math.ceil(decodeDuration(message.maxWait)), limits.maxWaitMs),
    requestId: message.requestId,
    failoverFrom: message.failoverFrom,
    leaseTtlMs: decodeDuration(message.leaseTtl),
    includeCredential: message.includeCredential,
    stickyPolicy: message.stickyPolicy === StickyPolicy.REQUIRE ? 'REQUIRE' : 'PREFER',
  };
  const sticky = message.prefetchedSticky;
  if (sticky === undefined || sticky.accountId === '') return request;
  return { ...request, prefetchedSticky: { accountId: sticky.accountId, groupId: sticky.groupId } };
}

function faultOf(message: SelectAccountRequest): string | undefined {
  const sticky = message.prefetchedSticky;
  return (
    textFault('group_id', message.groupId) ??
    textFault('model', message.model) ??
    textFault('session_id', message.sessionId) ??
    textFault('user_id', message.userId) ??
    textFault('platform', message.platform) ??
    textsFault('excluded_account_ids', message.excludedAccountIds, limits.exclusions) ??
    (sticky === undefined ? undefined : textFault('prefetched_sticky.account_id', sticky.accountId)) ??
    (sticky === undefined ? undefined : textFault('prefetched_sticky.group_id', sticky.groupId)) ??
    durationFault('max_wait', message.maxWait) ??
    textFault('request_id', message.requestId) ??
    leaseIdFault('failover_from', message.failoverFrom) ??
    ttlFault('lease_ttl', message.leaseTtl) ??
    enumFault('sticky_policy', message.stickyPolicy, StickyPolicy)
  );
}
