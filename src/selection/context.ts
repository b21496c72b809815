import type { Account } from '../catalog/account.ts';
import type { QuotaUse } from '../ports/ledger.ts';

/** What one selection asks, beside the accounts and their figures. */
export interface SelectionContext {
  readonly nowMs: number;
  readonly platform: string;
  /** The request named the platform, so mixed scheduling is off. */
  readonly platformForced: boolean;
  readonly model: string;
  /** By the caller. */
  readonly excluded: ReadonlySet<string>;
  /** Tried in this chain for this model. */
  readonly tried: ReadonlySet<string>;
  /** Platforms this chain found at fault. */
  readonly faultyPlatforms: readonly string[];
  /** The session's account, which gets the leniency of bound sessions; empty: none. */
  readonly boundAccountId: string;
  /** Empty: no session. */
  readonly sessionKey: string;
  readonly probeTimeoutMs: number;
  /** Accounts whose free slots belong to callers that wait for them. */
  isSpokenFor(accountId: string): boolean;
  /** That it is so of none; absent: nobody knows. */
  readonly nobodyWaits?: boolean;
  /** Figures read for this selection, for accounts whose own are not known. */
  readonly read: ReadFigures;
  /** What the filters looked at, and what they missed. */
  readonly looked: Looked;
}

export interface ReadFigures {
  readonly windowCosts: ReadonlyMap<string, number>;
  readonly quotas: ReadonlyMap<string, QuotaUse>;
}

/** A tally of the figures that a run of the filters needed. */
export class Looked {
  windowCostsKnown = 0;
  rpm = false;
  readonly windowCostsMissing: Account[] = [];
  readonly quotasMissing: Account[] = [];

  /** Whether a read could change what the filters said. */
  get missedAny(): boolean {
    return this.windowCostsMissing.length > 0 || this.quotasMissing.length > 0;
  }

  /** Begins anew. */
  clear(): void {
    this.windowCostsKnown = 0;
    this.rpm = false;
    this.windowCostsMissing.length = 0;
    this.quotasMissing.length = 0;
  }
}

export const nothingRead: ReadFigures = { windowCosts: new Map(), quotas: new Map() };
