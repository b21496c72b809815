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

/** min(capMs, baseMs * growth ^ min(n - 1, maxSteps)) at the n-th failure in a row. */
export interface Schedule {
  readonly baseMs: number;
  readonly growth: number;
  readonly maxSteps: number;
  readonly capMs: number;
}

export interface CooldownSettings {
  readonly standard: Schedule;
  readonly billing: Schedule;
  readonly overloaded: Schedule;
  readonly modelNotFoundMs: number;
  /** Counts start again this long after the last failure. */
  readonly forgetAfterMs: number;
  readonly hintMinMs: number;
  readonly hintMaxMs: number;
  /** A cooldown at least this long ends with a probe. */
  readonly probeAfterMs: number;
  /** A probe without a failure for this long opens the account. */
  readonly probeTimeoutMs: number;
}
