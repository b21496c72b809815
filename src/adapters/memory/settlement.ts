import type { CooldownTimings } from '../../failover/cooldown.ts';
import { afterRevocation } from '../../failover/cooldown-failures.ts';
import type {
  AppliedCooldown,
  ChainAttempt,
  Lease,
  LeaseFate,
  SettledFailure,
  SettleRequest,
  SettleResult,
} from '../../ports/state-store.ts';
import { windowStartMs } from '../../selection/figures.ts';
import type { AccountFigures } from './account-figures.ts';
import type { Accounts } from './accounts.ts';
import { extendedChain, sameFault } from './chain-steps.ts';
import type { Changes } from './changes.ts';
import type { HeldLeases } from './held-leases.ts';
import { SettledLeases, type SettledLeasesOptions } from './settled-leases.ts';
import { moveRecords, type RecordStep, recordScopes } from './standing.ts';

export interface SettlementOptions extends SettledLeasesOptions {
  readonly accounts: Accounts;
  readonly leases: HeldLeases;
  readonly changes: Changes;
  readonly timings: CooldownTimings;
}

/** Ends leases by what is reported of them, and remembers that. */
export class Settlement {
  readonly #accounts: Accounts;
  readonly #leases: HeldLeases;
  readonly #changes: Changes;
  readonly #timings: CooldownTimings;
  readonly #settled: SettledLeases;

  constructor({ accounts, leases, changes, timings, maxSettled, maxChains }: SettlementOptions) {
    this.#accounts = accounts;
    this.#leases = leases;
    this.#changes = changes;
    this.#timings = timings;
    this.#settled = new SettledLeases({ maxSettled, maxChains });
  }

  /** Settles a lease, held or not, unless it was settled before. */
  settle(request: SettleRequest): SettleResult {
    const { leaseId, accountId, nowMs } = request;
    this.#leases.expire(nowMs);
    const held = this.#leases.release(leaseId);
    const lease = held?.lease;
    // The lease holds on to the figures: that saves a look-up among all accounts.
    const figures = held?.figures ?? this.#accounts.of(accountId);
    if (lease === undefined && this.#wasSettled(request)) {
      spend(figures, request);
      return duplicate;
    }
    if (request.upstreamWindow !== undefined) figures.upstreamWindow = request.upstreamWindow;
    spend(figures, request);

    const { failure } = request;
    // A report that comes after the end of its lease still belongs to the chain.
    const known = lease ?? this.#leases.takeUnreported(leaseId);
    const alike = failure === undefined ? [] : sameFault(known?.grant.chain, failure, accountId);
    const platformFault = alike.length > 0;
    const steps = moveRecords(figures, request, { timings: this.#timings, blameless: platformFault });
    const changed = steps.length > 0 ? [accountId] : [];
    for (const attempt of alike)
      if (this.#revoke(attempt) && !changed.includes(attempt.accountId)) changed.push(attempt.accountId);
    this.#remember(known, request, platformFault);

    if (lease !== undefined) this.#changes.emit({ kind: 'slot_freed', accountId, expired: false });
    for (const id of changed) this.#changes.emit({ kind: 'standing', accountId: id });
    const cooldown = platformFault ? undefined : appliedOf(steps, failure);
    return { duplicate: false, cooldown, platformFault, lease };
  }

  fateOf(leaseId: string): LeaseFate {
    return this.#settled.fateOf(leaseId);
  }

  noteNext(leaseId: string, nextLeaseId: string): void {
    this.#settled.noteNext(leaseId, nextLeaseId);
  }

  #wasSettled({ leaseId, spend: { kind } }: SettleRequest): boolean {
    // Where the ledger had booked it and nothing is known of it here, the process was restarted in between.
    return kind === 'booked_before' || this.#settled.has(leaseId);
  }

  /** Takes back what a failed attempt did. Answers whether that changed anything. */
  #revoke({ accountId, model, leaseId }: ChainAttempt): boolean {
    if (leaseId === undefined) return false;
    const figures = this.#accounts.of(accountId);
    let changed = false;
    for (const scope of recordScopes) {
      const after = afterRevocation(figures.record(scope, model), leaseId, this.#timings);
      if (figures.setRecord(scope, model, after)) changed = true;
    }
    return changed;
  }

  #remember(lease: Lease | undefined, request: SettleRequest, platformFault: boolean): void {
    const { leaseId, failure } = request;
    if (failure === undefined) this.#settled.add(leaseId);
    else this.#settled.addFailed(leaseId, extendedChain(lease, request, failure, { platformFault }));
  }
}

const duplicate: SettleResult = {
  duplicate: true,
  cooldown: undefined,
  platformFault: false,
  lease: undefined,
};

/**
 * A sum that was read between the booking in the ledger and this holds the cost already, and has it twice until it is read anew:
 * rare, small, and to the safe side.
 */
function spend(figures: AccountFigures, { spend, nowMs }: SettleRequest): void {
  if (spend.kind === 'known') figures.spend.add(spend.costUsd, windowStartMs(figures, nowMs), nowMs);
  else if (spend.kind === 'unknown') figures.spend.forget();
}

function appliedOf(
  steps: readonly RecordStep[],
  failure: SettledFailure | undefined,
): AppliedCooldown | undefined {
  const step = steps.find(({ scope }) => scope === failure?.effect?.scope);
  if (step?.after === undefined) return undefined;
  const moved = step.before === undefined || step.after.untilMs > step.before.untilMs;
  return { scope: step.scope, record: step.after, moved };
}
