import type { Account } from '../catalog/account.ts';
import type { CooldownRecord } from '../failover/cooldown.ts';
import { gateOf } from '../failover/cooldown.ts';
import type { QuotaUse } from '../ports/ledger.ts';
import { type Figures, windowEndMs, windowStartMs } from '../selection/figures.ts';
import type { AccountState } from './api.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { readQuietly } from './quiet-reads.ts';

/** What is known of accounts now. Sums that are not at hand are read, but nothing is cached or counted by it. */
export async function accountStates(
  accounts: readonly Account[],
  deps: RoutingDependencies,
): Promise<readonly AccountState[]> {
  const nowMs = deps.clock.now();
  const read = await readQuietly({ windowCosts: accounts, quotas: accounts }, nowMs, deps);
  return accounts.map((account) =>
    stateOf(account, deps.state.figures(account.id), {
      nowMs,
      windowCostUsd: read.windowCosts.get(account.id) ?? 0,
      quota: read.quotas.get(account.id) ?? unspent,
      probeTimeoutMs: deps.settings.cooldown.probeTimeoutMs,
    }),
  );
}

const unspent: QuotaUse = { dailyUsd: 0, weeklyUsd: 0, totalUsd: 0 };

interface StateContext {
  readonly nowMs: number;
  readonly windowCostUsd: number;
  readonly quota: QuotaUse;
  readonly probeTimeoutMs: number;
}

function stateOf(account: Account, figures: Figures, context: StateContext): AccountState {
  const { nowMs, probeTimeoutMs } = context;
  const records = [
    ...(figures.cooldown === undefined ? [] : [['', 'ACCOUNT', figures.cooldown] as const]),
    ...[...figures.modelCooldowns()].map(([model, record]) => [model, 'ACCOUNT_MODEL', record] as const),
  ];
  return {
    account,
    groupIds: account.groupIds,
    status: account.status,
    schedulable: figures.override?.schedulable ?? account.schedulable,
    inFlight: figures.inFlight,
    waiting: figures.waiting,
    rpm: figures.rpm(nowMs),
    windowCostUsd: context.windowCostUsd,
    windowStartMs: windowStartMs(figures, nowMs),
    windowEndMs: windowEndMs(figures, nowMs),
    quotaUsed: context.quota,
    sessions: figures.sessions(nowMs, account.limits.sessionIdleMs),
    ...(figures.lastUsedAt > 0 && { lastUsedAtMs: Math.floor(figures.lastUsedAt) }),
    cooldowns: records
      .filter(([, , { untilMs }]) => untilMs > nowMs)
      .map(([model, scope, record]) => ({
        model,
        scope,
        reason: record.reason,
        source: record.source,
        untilMs: record.untilMs,
        failures: failuresOf(record),
      })),
    probing: records.some(([, , record]) => gateOf(record, nowMs, probeTimeoutMs) === 'probing'),
  };
}

function failuresOf(record: CooldownRecord): number {
  return record.reason === 'BILLING' ? record.billingFailures : record.failures;
}
