import type { ChainRequest } from '../ports/state-store.ts';
import type { SelectRequest } from './api.ts';

/** A request that asks for any account, for anyone: what every field left out stands for. */
export const anySelection: SelectRequest = {
  groupId: '',
  model: '',
  sessionId: '',
  userId: '',
  platform: '',
  excludedAccountIds: [],
  maxWaitMs: 0,
  requestId: '',
  failoverFrom: '',
  leaseTtlMs: 0,
  includeCredential: false,
  stickyPolicy: 'PREFER',
};

/** What later attempts of this request's chain inherit. */
export function originOf(request: SelectRequest): ChainRequest {
  return {
    groupId: request.groupId,
    model: request.model,
    sessionId: request.sessionId,
    userId: request.userId,
    platform: request.platform,
    excludedAccountIds: request.excludedAccountIds,
    leaseTtlMs: request.leaseTtlMs,
  };
}

/** The key under which a repeated request is known; empty where the caller gave none. JSON keeps the parts apart. */
export function requestKeyOf(request: SelectRequest): string {
  const { requestId, groupId, userId, failoverFrom } = request;
  return requestId === '' ? '' : JSON.stringify([groupId, userId, failoverFrom, requestId]);
}

/** The binding the caller brought along, where it learnt it in the group it asks for now. */
export function prefetchedOf(request: SelectRequest, { groupId }: ChainRequest): string | undefined {
  const sticky = request.prefetchedSticky;
  return sticky !== undefined && sticky.accountId !== '' && sticky.groupId === groupId
    ? sticky.accountId
    : undefined;
}
