import { join } from 'node:path';

export interface SidecarOptions {
  /** Accounts in each group. Default 20. */
  readonly accounts?: number;
  /** Default 1. */
  readonly groups?: number;
  /** State in this Redis. Default: in the process. */
  readonly redisUrl?: string;
  /** Usage in this Postgres. Default: in SQLite. */
  readonly databaseUrl?: string;
  /** Groups, accounts and rates are the database's. Default: those below, in the file. */
  readonly catalogInDatabase?: boolean;
  /** Users with a rate of their own, at most 100. Default 100. */
  readonly users?: number;
}

/** The id of a group. */
export function groupName(index: number): string {
  return `group-${index}`;
}

/**
 * The configuration of a measured sidecar, as it would be written in YAML: every account has a limit of concurrency that is not
 * met, half are subscriptions with a limit of cost, half are API keys with a quota, so that all of the steady state's work is done.
 */
export function sidecarConfig(directory: string, options: SidecarOptions): object {
  const {
    accounts = 20,
    groups = 1,
    users = 100,
    redisUrl,
    databaseUrl,
    catalogInDatabase = false,
  } = options;
  return {
    listen: { grpc: ['127.0.0.1:0', `unix:${join(directory, 'remora.sock')}`], http: '127.0.0.1:0' },
    ...(redisUrl !== undefined && { state: { redis_url: redisUrl, namespace: 'bench' } }),
    ledger: {
      path: join(directory, 'ledger.db'),
      ...(databaseUrl !== undefined && { database_url: databaseUrl }),
    },
    ...(catalogInDatabase ? { catalog: { source: 'postgres' } } : catalog({ accounts, groups, users })),
  };
}

function catalog({
  accounts,
  groups,
  users,
}: Required<Pick<SidecarOptions, 'accounts' | 'groups' | 'users'>>) {
  const groupIds = Array.from({ length: groups }, (_, index) => groupName(index));
  return {
    groups: groupIds.map((id) => ({ id, platform: 'anthropic', user_rates: ratesOf(users) })),
    accounts: groupIds.flatMap((id, group) =>
      Array.from({ length: accounts }, (_, index) => account(id, group * accounts + index)),
    ),
  };
}

function ratesOf(users: number): object {
  const names = Array.from({ length: users }, (_, index) => `user-${String(index).padStart(2, '0')}`);
  return Object.fromEntries(names.map((name, index) => [name, 1 + index / 100]));
}

function account(groupId: string, number: number): object {
  const subscription = number % 2 === 0;
  return {
    id: `account-${String(number).padStart(5, '0')}`,
    platform: 'anthropic',
    type: subscription ? 'oauth' : 'api_key',
    groups: [groupId],
    concurrency: 10_000,
    base_url: 'https://api.example.com',
    labels: { region: 'eu' },
    limits: subscription ? { window_cost: 1e9 } : { quota: { daily: 1e9 } },
  };
}
