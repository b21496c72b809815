import type { CooldownPolicy } from '../failover/cooldown-policy.ts';

/** The configuration in force, validated, with every default filled in. Durations in milliseconds, addresses as given. */
export interface Settings {
  readonly listen: ListenSettings;
  readonly state: StateSettings;
  readonly ledger: LedgerSettings;
  readonly catalogSource: 'file' | 'postgres';
  /** The platform where neither the request nor its group names one. */
  readonly defaultPlatform: string;
  readonly scheduling: SchedulingSettings;
  readonly caches: CacheSettings;
  readonly cooldown: CooldownSettings;
  /** Whether a caller may ask for an account's credential. */
  readonly exposeCredentials: boolean;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

export interface ListenSettings {
  /** `host:port` and `unix:/path` addresses. */
  readonly grpc: readonly string[];
  readonly http: string;
  /** A further listener with metrics and health alone. */
  readonly metrics?: string;
}

export interface StateSettings {
  /** Absent: state lives in this process. */
  readonly redisUrl?: string;
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly onOutage: 'local' | 'deny';
}

export interface LedgerSettings {
  /** Absent: the SQLite file at `path` is the ledger; else it is the spool. */
  readonly databaseUrl?: string;
  readonly path: string;
}

export interface SchedulingSettings {
  readonly tierFallback: boolean;
  readonly fallbackSelection: 'least_recently_used' | 'random';
  readonly stickyTtlMs: number;
  readonly maxSessions: number;
  readonly stickyMaxWaiting: number;
  readonly stickyWaitTimeoutMs: number;
  readonly fallbackMaxWaiting: number;
  readonly fallbackWaitTimeoutMs: number;
  readonly leaseTtlMs: number;
}

export interface CacheSettings {
  readonly userGroupRateTtlMs: number;
  readonly modelsListTtlMs: number;
  readonly windowCostTtlMs: number;
}

export interface CooldownSettings extends CooldownPolicy {
  /** The range an upstream's own word on when to come back is held to. */
  readonly hintMinMs: number;
  readonly hintMaxMs: number;
}
