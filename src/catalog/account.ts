import type { ModelTable } from './model-table.ts';

/** How an account is paid for and authenticated. Types remora does not know are kept as `other`. */
export type AccountType = 'oauth' | 'setup_token' | 'api_key' | 'bedrock' | 'other';

/** The order in which kinds of accounts are tried where tier fallback is on: subscriptions, API keys, Bedrock. */
export type Tier = 0 | 1 | 2;

export type RpmStrategy = 'tiered' | 'sticky_exempt';

/** One credential at one upstream provider. Immutable: a catalog change makes a new one. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly platform: string;
  readonly type: AccountType;
  readonly tier: Tier;
  /** Groups it belongs to; none means it serves requests without a group. */
  readonly groupIds: readonly string[];
  readonly status: 'active' | 'disabled' | 'error';
  /** Why the account is not what its configuration says, e.g. an unreadable credential; empty otherwise. */
  readonly statusReason: string;
  readonly schedulable: boolean;
  /** Milliseconds since the epoch; absent: never. */
  readonly expiresAtMs?: number;
  /** Lower is served first. */
  readonly priority: number;
  /** Requests at a time; 0: no limit. */
  readonly concurrency: number;
  /** Divisor of the load rate; 0 where unlimited. */
  readonly loadFactor: number;
  readonly models: ModelTable;
  /** An `antigravity` account that may serve anthropic and gemini groups too. */
  readonly mixedScheduling: boolean;
  readonly baseUrl: string;
  readonly proxyUrl: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: AccountLimits;
  /** Set on each key of an `api_keys` expansion: the family ranks as one entry, its keys are tried in order. */
  readonly family?: { readonly id: string; readonly index: number };
  readonly credential?: Credential;
}

/** Zero means "no such limit" in every field but the reserve. */
export interface AccountLimits {
  /** USD per window. */
  readonly windowCost: number;
  /** USD above `windowCost` kept for sessions already bound to the account. */
  readonly windowCostStickyReserve: number;
  /** Requests per minute. */
  readonly rpm: number;
  readonly rpmStrategy: RpmStrategy;
  /** Requests per minute above `rpm` kept for bound sessions; already resolved to its default. */
  readonly rpmStickyBuffer: number;
  /** Sessions at a time. */
  readonly sessions: number;
  /** Milliseconds without a request after which a session no longer counts. */
  readonly sessionIdleMs: number;
  /** USD per UTC day, ISO week, and ever. */
  readonly quota: { readonly daily: number; readonly weekly: number; readonly total: number };
}

/** A secret that never prints: `toString`, JSON and inspection all show `***`. */
export interface Credential {
  /** The secret, or undefined while it can't be read (its account is disabled then). */
  reveal(): string | undefined;
}

/** Whether the account is a subscription, to which window costs, rpm and session limits apply. */
export function isSubscription(account: Account): boolean {
  return account.type === 'oauth' || account.type === 'setup_token';
}

/** Whether a quota of its own can close the account. */
export function hasQuota(account: Account): boolean {
  const { daily, weekly, total } = account.limits.quota;
  return (account.type === 'api_key' || account.type === 'bedrock') && (daily > 0 || weekly > 0 || total > 0);
}
