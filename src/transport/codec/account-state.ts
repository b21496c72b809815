import type {
  AccountState as AccountStateMessage,
  CooldownState as CooldownStateMessage,
} from '../../../gen/remora/v1/account_pb.ts';
import type { AccountVerdict, ExplainSelectionResponse } from '../../../gen/remora/v1/admin_pb.ts';
import { CooldownScope, CooldownSource, FailoverReason } from '../../../gen/remora/v1/failure_pb.ts';
import { Verdict } from '../../../gen/remora/v1/selection_pb.ts';
import type { AccountState, Explanation } from '../../routing/api.ts';
import { encodeAccount, encodeSelectionFailure } from './selection.ts';
import { encodeTime } from './time.ts';

export function encodeAccountState(state: AccountState): AccountStateMessage {
  const { lastUsedAtMs } = state;
  return {
    $typeName: 'remora.v1.AccountState',
    account: encodeAccount(state.account),
    groupIds: [...state.groupIds],
    status: state.status,
    schedulable: state.schedulable,
    inFlight: state.inFlight,
    waiting: state.waiting,
    rpm: state.rpm,
    windowCost: state.windowCostUsd,
    windowStart: encodeTime(state.windowStartMs),
    windowEnd: encodeTime(state.windowEndMs),
    quotaUsed: {
      $typeName: 'remora.v1.QuotaUsed',
      daily: state.quotaUsed.dailyUsd,
      weekly: state.quotaUsed.weeklyUsd,
      total: state.quotaUsed.totalUsd,
    },
    sessions: state.sessions,
    lastUsedAt: lastUsedAtMs === undefined ? undefined : encodeTime(lastUsedAtMs),
    cooldowns: state.cooldowns.map(encodeCooldownState),
    probing: state.probing,
  };
}

function encodeCooldownState(cooldown: AccountState['cooldowns'][number]): CooldownStateMessage {
  return {
    $typeName: 'remora.v1.CooldownState',
    model: cooldown.model,
    reason: FailoverReason[cooldown.reason],
    scope: CooldownScope[cooldown.scope],
    source: CooldownSource[cooldown.source],
    until: encodeTime(cooldown.untilMs),
    failures: cooldown.failures,
  };
}

export function encodeExplanation(explanation: Explanation): ExplainSelectionResponse {
  const { failure } = explanation;
  return {
    $typeName: 'remora.v1.ExplainSelectionResponse',
    accounts: explanation.accounts.map(encodeVerdict),
    stickyAccountId: explanation.stickyAccountId,
    wouldSelect: explanation.wouldSelect,
    failure: failure === undefined ? undefined : encodeSelectionFailure(failure),
  };
}

function encodeVerdict(entry: Explanation['accounts'][number]): AccountVerdict {
  return {
    $typeName: 'remora.v1.AccountVerdict',
    accountId: entry.accountId,
    verdict: Verdict[entry.verdict],
    rank: entry.rank,
    tier: entry.tier,
    priority: entry.priority,
    loadRate: entry.loadRate,
    state: encodeAccountState(entry.state),
  };
}
