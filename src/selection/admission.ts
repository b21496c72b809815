import { type CooldownRecord, gateOf } from '../failover/cooldown.ts';
import type { ClaimCandidate } from '../ports/state-store.ts';
import type { Figures } from './figures.ts';
import type { Verdict } from './verdict.ts';

export interface AdmissionQuery {
  readonly model: string;
  /** Empty: no session. */
  readonly sessionKey: string;
  readonly nowMs: number;
  readonly probeTimeoutMs: number;
}

/** What a claim says of an account that passed the filters: its sessions, its probe, its slots, in this order. */
export function admissionVerdict(claim: ClaimCandidate, figures: Figures, query: AdmissionQuery): Verdict {
  const { nowMs, probeTimeoutMs } = query;
  if (isSessionLimited(claim, figures, query)) return 'SESSION_LIMIT';
  if (gateOf(figures.cooldown, nowMs, probeTimeoutMs) === 'probing') return 'PROBING';
  if (gateOf(figures.modelCooldown(query.model), nowMs, probeTimeoutMs) === 'probing') return 'PROBING';
  if (claim.concurrency > 0 && figures.inFlight >= claim.concurrency) return 'CONCURRENCY_FULL';
  return 'ELIGIBLE';
}

/** When its word on a request without a session may become another by the mere passing of time: a probe is given up. */
export function admissionStandsUntilMs(
  figures: Figures,
  { model, nowMs, probeTimeoutMs }: Omit<AdmissionQuery, 'sessionKey'>,
): number {
  const givenUpMs = (record: CooldownRecord | undefined) =>
    gateOf(record, nowMs, probeTimeoutMs) === 'probing'
      ? record!.probe!.sinceMs + probeTimeoutMs
      : Number.POSITIVE_INFINITY;
  return Math.min(givenUpMs(figures.cooldown), givenUpMs(figures.modelCooldown(model)));
}

/** All a claim must hold to, beginning with what may have changed since the filters ran. */
export function claimVerdict(claim: ClaimCandidate, figures: Figures, query: AdmissionQuery): Verdict {
  const { nowMs, probeTimeoutMs } = query;
  if (gateOf(figures.cooldown, nowMs, probeTimeoutMs) === 'cooling') return 'COOLING_DOWN';
  if (gateOf(figures.modelCooldown(query.model), nowMs, probeTimeoutMs) === 'cooling')
    return 'MODEL_COOLING_DOWN';
  if (claim.rpmLimit > 0 && figures.rpm(nowMs) >= claim.rpmLimit) return 'RPM_EXCEEDED';
  return admissionVerdict(claim, figures, query);
}

/** Whether the account has as many sessions as it takes, and this is another. */
export function isSessionLimited(
  claim: ClaimCandidate,
  figures: Figures,
  { sessionKey, nowMs }: Pick<AdmissionQuery, 'sessionKey' | 'nowMs'>,
): boolean {
  if (claim.sessionLimit === 0 || sessionKey === '') return false;
  if (figures.sessions(nowMs, claim.sessionIdleMs) < claim.sessionLimit) return false;
  return !figures.hasSession(sessionKey, nowMs, claim.sessionIdleMs);
}
