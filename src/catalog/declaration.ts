import type { AccountType, RpmStrategy } from './account.ts';
import type { Price } from './catalog.ts';
import type { CredentialSource } from './credential.ts';

/**
 * Groups, accounts, models and prices as their source declares them: valid, defaults filled in, but not yet expanded or
 * indexed. Every source (a file, a database) ends in one of these.
 */
export interface CatalogDeclaration {
  readonly groups: readonly GroupDeclaration[];
  readonly accounts: readonly AccountDeclaration[];
  readonly models: readonly ModelDeclaration[];
  /** By model name or pattern. */
  readonly prices: ReadonlyMap<string, Price>;
}

export interface GroupDeclaration {
  readonly id: string;
  /** Empty: the default platform. */
  readonly platform: string;
  readonly rateMultiplier: number;
  readonly userRates: ReadonlyMap<string, number>;
  readonly tierFallback?: boolean;
  /** Account ids by model name or pattern. The id of a key family stands for all its keys. */
  readonly modelRouting: ReadonlyMap<string, readonly string[]>;
}

export interface AccountDeclaration {
  readonly id: string;
  /** Absent: the id. */
  readonly name?: string;
  readonly platform: string;
  readonly type: AccountType;
  readonly groupIds: readonly string[];
  readonly status: 'active' | 'disabled' | 'error';
  readonly schedulable: boolean;
  /** Milliseconds since the epoch; absent: never. */
  readonly expiresAtMs?: number;
  readonly priority: number;
  /** 0: no limit. */
  readonly concurrency: number;
  /** Absent: as `concurrency`. */
  readonly loadFactor?: number;
  /** Requested to upstream names, patterns allowed; empty: every model. */
  readonly models: ReadonlyMap<string, string>;
  readonly mixedScheduling: boolean;
  readonly baseUrl: string;
  readonly proxyUrl: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: LimitsDeclaration;
  /** In the order they are tried. None: the caller has its own. More than one: a key family. */
  readonly credentials: readonly CredentialSource[];
}

/** USD, requests per minute, sessions and milliseconds, as in AccountLimits. */
export interface LimitsDeclaration {
  readonly windowCost: number;
  readonly windowCostStickyReserve: number;
  readonly rpm: number;
  readonly rpmStrategy: RpmStrategy;
  /** Absent: the larger of concurrency + sessions and a fifth of rpm, at least 1. */
  readonly rpmStickyBuffer?: number;
  readonly sessions: number;
  readonly sessionIdleMs: number;
  readonly quota: { readonly daily: number; readonly weekly: number; readonly total: number };
}

export interface ModelDeclaration {
  /** A model's name or a pattern. */
  readonly name: string;
  /** `model`, or `platform/model`, in the order they are tried. */
  readonly fallbacks: readonly string[];
}
