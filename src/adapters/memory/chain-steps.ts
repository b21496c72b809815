import { afterUndo, type CooldownRecord } from '../../failover/cooldown.ts';
import type { CooldownScope } from '../../failover/failure.ts';
import type { Chain, ChainAttempt, Lease, SettledFailure } from '../../ports/state-store.ts';
import type { AccountFigures } from './account-figures.ts';

/** What an attempt did to a cooldown record, so that it can be taken back. */
interface UndoStep {
  readonly figures: AccountFigures;
  readonly scope: CooldownScope;
  readonly model: string;
  readonly before: CooldownRecord | undefined;
  readonly after: CooldownRecord;
}

/** Attempts made for one request, and what each did to the standing of its account. */
export class ChainSteps {
  readonly #undo = new WeakMap<ChainAttempt, UndoStep>();

  /** The earlier attempts whose accounts showed the very fault that this one shows now. */
  sameFault(chain: Chain | undefined, failure: SettledFailure, accountId: string): readonly ChainAttempt[] {
    if (failure.fingerprint === '' || chain === undefined) return [];
    const same = chain.attempts.filter(
      ({ fingerprint, platform }) => fingerprint === failure.fingerprint && platform === failure.platform,
    );
    return same.some((attempt) => attempt.accountId !== accountId) ? same : [];
  }

  note(attempt: ChainAttempt, step: UndoStep): void {
    this.#undo.set(attempt, step);
  }

  /** Takes back what the attempts did. Answers the accounts whose standing changed. */
  undo(attempts: readonly ChainAttempt[]): readonly string[] {
    const changed: string[] = [];
    for (const attempt of attempts) {
      const step = this.#undo.get(attempt);
      if (step === undefined) continue;
      this.#undo.delete(attempt);
      const { figures, scope, model } = step;
      if (figures.setRecord(scope, model, afterUndo(figures.record(scope, model), step)))
        changed.push(figures.accountId);
    }
    return changed;
  }
}

/** The attempt that this failure makes of its lease. */
export function attemptOf(
  lease: { readonly accountId: string; readonly model: string },
  failure: SettledFailure,
): ChainAttempt {
  return {
    accountId: lease.accountId,
    model: lease.model,
    reason: failure.reason,
    skipped: false,
    durationMs: failure.durationMs,
    platform: failure.platform,
    fingerprint: failure.fingerprint,
  };
}

/** The chain with one attempt more. */
export function extendedChain(
  lease: Lease | undefined,
  failure: SettledFailure,
  { attempt, platformFault }: { readonly attempt: ChainAttempt; readonly platformFault: boolean },
): Chain {
  const prior = lease?.grant.chain;
  const faulty = prior?.faultyPlatforms ?? [];
  return {
    request: prior?.request ?? lease?.grant.request ?? failure.request,
    attempts: [...(prior?.attempts ?? []), ...(lease?.grant.passedOver ?? []), attempt],
    faultyPlatforms:
      platformFault && !faulty.includes(failure.platform) ? [...faulty, failure.platform] : faulty,
    ended: !failure.failover,
  };
}
