import type { Account } from '../catalog/account.ts';
import type { CooldownRecord } from '../failover/cooldown.ts';
import { gateOf } from '../failover/cooldown.ts';
import type { Ledger, QuotaUse } from '../ports/ledger.ts';
import { type Figures, windowEndMs, windowStartMs } from '../selection/figures.ts';
import type { AccountState } from './api.ts';
import type { RoutingDependencies } from './dependencies.ts';

/** What is known of accounts now. Sums that are not at hand come straight from the ledger: nothing is cached or counted by it. */
export async function accountStates(
  accounts: readonly Account[],
  deps: RoutingDependencies,
): Promise<readonly AccountState[]> {
  const nowMs = deps.clock.now();
  const figures = accounts.map(({ id }) => deps.state.figures(id));
  const costs = await windowCostsOf(accounts, figures, deps.ledger, nowMs);
  const quotas = await quotasOf(accounts, deps.ledger, nowMs);
  return accounts.map((account, index) =>
    stateOf(account, figures[index]!, {
      nowMs,
      windowCostUsd: costs.get(account.id) ?? 0,
      quota: quotas.get(account.id) ?? unspent,
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
    ...(figures.lastUsedAt > 0 && { lastUsedAtMs: figures.lastUsedAt }),
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

async function windowCostsOf(
  accounts: readonly Account[],
  figures: readonly Figures[],
  ledger: Ledger,
  nowMs: number,
): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>();
  const missing = new Map<number, string[]>();
  for (const [index, { id }] of accounts.entries()) {
    const startMs = windowStartMs(figures[index]!, nowMs);
    const known = figures[index]!.windowCost(startMs, nowMs);
    if (known !== undefined) costs.set(id, known);
    else missing.set(startMs, [...(missing.get(startMs) ?? []), id]);
  }
  for (const [startMs, ids] of missing)
    for (const [id, cost] of await orNothing(() => ledger.windowCosts(ids, startMs))) costs.set(id, cost);
  return costs;
}

async function quotasOf(
  accounts: readonly Account[],
  ledger: Ledger,
  nowMs: number,
): Promise<ReadonlyMap<string, QuotaUse>> {
  return orNothing(() =>
    ledger.quotaUse(
      accounts.map(({ id }) => id),
      nowMs,
    ),
  );
}

/** An operator looking at a broken ledger still sees the rest. */
async function orNothing<Value>(
  read: () => Promise<ReadonlyMap<string, Value>>,
): Promise<ReadonlyMap<string, Value>> {
  try {
    return await read();
  } catch {
    return new Map();
  }
}
