import { type CooldownTimings, gateOf, withProbe } from '../../failover/cooldown.ts';
import type { ClaimCandidate, ClaimRequest, ClaimResult, Lease } from '../../ports/state-store.ts';
import { claimVerdict } from '../../selection/admission.ts';
import type { Verdict } from '../../selection/verdict.ts';
import { AccountFigures } from './account-figures.ts';
import type { Accounts } from './accounts.ts';
import type { HeldLeases } from './held-leases.ts';
import type { Move, Sessions } from './sessions.ts';
import { recordScopes } from './standing.ts';

export interface ClaimsOptions {
  readonly accounts: Accounts;
  readonly leases: HeldLeases;
  readonly sessions: Sessions;
  readonly timings: CooldownTimings;
}

/** The candidate that fits. */
interface Chosen {
  readonly candidate: ClaimCandidate;
  readonly figures: AccountFigures;
  /** Empty: no session. */
  readonly sessionKey: string;
}

/** Grants leases. */
export class Claims {
  readonly #accounts: Accounts;
  readonly #leases: HeldLeases;
  readonly #sessions: Sessions;
  readonly #timings: CooldownTimings;
  #lastUsedAt = 0;

  constructor({ accounts, leases, sessions, timings }: ClaimsOptions) {
    this.#accounts = accounts;
    this.#leases = leases;
    this.#sessions = sessions;
    this.#timings = timings;
  }

  /** Grants the first candidate that fits, to a request that has no lease yet and whose session is where it was taken to be. */
  claim(request: ClaimRequest): ClaimResult {
    const { nowMs, requestKey, session } = request;
    this.#leases.expire(nowMs);
    const earlier = requestKey === '' ? undefined : this.#leases.ofRequest(requestKey);
    if (earlier !== undefined) return { kind: 'replayed', lease: earlier };
    const sessionKey = session === undefined ? '' : this.#sessions.keyOf(request.groupId, session.sessionId);
    if (session?.verify) {
      const accountId = this.#sessions.accountOf(sessionKey, nowMs);
      if (accountId !== session.assumedAccountId) return { kind: 'binding_differs', accountId };
    }
    const { probeTimeoutMs } = this.#timings;
    const query = { model: request.model, sessionKey, nowMs, probeTimeoutMs };
    const verdicts: Verdict[] = [];
    for (const candidate of request.candidates) {
      const figures = this.#figuresOf(candidate);
      const verdict = claimVerdict(candidate, figures, query);
      if (verdict === 'ELIGIBLE')
        return { kind: 'granted', lease: this.#grant({ candidate, figures, sessionKey }, request) };
      verdicts.push(verdict);
    }
    return { kind: 'none', verdicts };
  }

  #figuresOf({ figures, accountId }: ClaimCandidate): AccountFigures {
    return figures instanceof AccountFigures ? figures : this.#accounts.of(accountId);
  }

  #grant(chosen: Chosen, request: ClaimRequest): Lease {
    const { nowMs, ttlMs, groupId, model, requestKey, grant } = request;
    const { candidate, figures } = chosen;
    const { accountId } = candidate;
    const { sticky, movedFrom } = this.#seat(chosen, request);
    const lease: Lease = {
      id: `${request.nonce}.${candidate.leaseSuffix}`,
      accountId,
      groupId,
      model,
      grantedAtMs: nowMs,
      expiresAtMs: nowMs + ttlMs,
      ttlMs,
      grant: {
        request: grant.request,
        chain: grant.chain,
        attempt: grant.attempt,
        passedOver: grant.passedOver,
        sticky,
        movedFrom,
      },
    };
    this.#leases.add({ lease, figures, requestKey });
    figures.countRequest(nowMs);
    // A fraction keeps the order of grants within one millisecond.
    this.#lastUsedAt = Math.max(nowMs, this.#lastUsedAt + 2 ** -10);
    figures.lastUsedAt = this.#lastUsedAt;
    this.#sendProbes(figures, lease);
    return lease;
  }

  #seat({ candidate, figures, sessionKey }: Chosen, { session, nowMs, grant }: ClaimRequest): Move {
    if (session === undefined) return unseated;
    const { sessionIdleMs: idleMs } = candidate;
    return this.#sessions.seat({ sessionKey, session, figures, idleMs, nowMs, movedFrom: grant.movedFrom });
  }

  /** The lease probes for each record that wants a request first. */
  #sendProbes(figures: AccountFigures, { id, model, grantedAtMs }: Lease): void {
    for (const scope of recordScopes) {
      const record = figures.record(scope, model);
      if (record !== undefined && gateOf(record, grantedAtMs, this.#timings.probeTimeoutMs) === 'probe_due')
        figures.setRecord(scope, model, withProbe(record, id, grantedAtMs));
    }
  }
}

const unseated: Move = { sticky: 'NONE', movedFrom: undefined };
