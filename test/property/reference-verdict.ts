import type { Account } from '../../src/catalog/account.ts';
import type { AccountDeclaration } from '../../src/catalog/declaration.ts';
import type { CooldownRecord } from '../../src/failover/cooldown.ts';
import type { ChainAttempt } from '../../src/ports/state-store.ts';
import type { Verdict } from '../../src/selection/verdict.ts';
import type { PlainFigures } from '../support/plain-figures.ts';

/** One model on one platform, as a request asks for it. */
export interface PlainStep {
  readonly model: string;
  readonly platform: string;
  readonly forced: boolean;
}

/** All that a verdict depends on, in plain values. */
export interface PlainRequest {
  readonly nowMs: number;
  readonly groupId: string;
  readonly sessionId: string;
  readonly boundTo: string;
  readonly excluded: readonly string[];
  readonly attempts: readonly ChainAttempt[];
  readonly faultyPlatforms: readonly string[];
  readonly spokenFor: readonly string[];
}

export interface PlainAccount {
  readonly account: Account;
  readonly declared: AccountDeclaration;
  readonly figures: PlainFigures;
}

const hourMs = 3_600_000;

/** The rules of selection for one account, read straight from their text: slow, and meant to be seen to be right. */
export function referenceVerdict(subject: PlainAccount, step: PlainStep, request: PlainRequest): Verdict {
  const { account, declared, figures } = subject;
  const { nowMs } = request;
  const bound = request.boundTo === account.id;
  const subscription = declared.type === 'oauth' || declared.type === 'setup_token';
  const { limits } = declared;

  const tried = request.attempts.some(
    (attempt) => !attempt.skipped && attempt.accountId === account.id && attempt.model === step.model,
  );
  if (request.excluded.includes(account.id) || tried || request.faultyPlatforms.includes(declared.platform))
    return 'EXCLUDED';

  const schedulable = figures.override === undefined ? declared.schedulable : figures.override.schedulable;
  const expired = declared.expiresAtMs !== undefined && nowMs >= declared.expiresAtMs;
  if (declared.status !== 'active' || !schedulable || expired) return 'DISABLED';
  if (!speaks(declared, step)) return 'PLATFORM_MISMATCH';
  if (!serves(declared, step.model)) return 'MODEL_UNSUPPORTED';
  const modelRecord = figures.byModel.get(step.model);
  if (figures.cooldown !== undefined && nowMs < figures.cooldown.untilMs) return 'COOLING_DOWN';
  if (modelRecord !== undefined && nowMs < modelRecord.untilMs) return 'MODEL_COOLING_DOWN';

  if (!subscription && declared.type !== 'other' && figures.quota !== undefined) {
    const { daily, weekly, total } = limits.quota;
    const { dailyUsd, weeklyUsd, totalUsd } = figures.quota;
    if (
      (daily !== 0 && dailyUsd >= daily) ||
      (weekly !== 0 && weeklyUsd >= weekly) ||
      (total !== 0 && totalUsd >= total)
    )
      return 'QUOTA_EXCEEDED';
  }
  if (subscription && limits.windowCost !== 0) {
    const cost = figures.costs.get(windowStart(figures, nowMs)) ?? 0;
    const top = bound ? limits.windowCost + limits.windowCostStickyReserve : limits.windowCost;
    if (cost >= top) return 'WINDOW_COST_EXCEEDED';
  }
  if (subscription && limits.rpm !== 0) {
    const buffer =
      limits.rpmStickyBuffer ??
      Math.max(1, declared.concurrency + limits.sessions, Math.floor(limits.rpm / 5));
    const exempt = bound && limits.rpmStrategy === 'sticky_exempt';
    if (!exempt && figures.requestsThisMinute >= limits.rpm + (bound ? buffer : 0)) return 'RPM_EXCEEDED';
  }
  if (subscription && limits.sessions !== 0 && request.sessionId !== '') {
    const live = [...figures.seenMs].filter(([, seenMs]) => nowMs - seenMs < limits.sessionIdleMs);
    const known = live.some(([key]) => key === `${request.groupId}\0${request.sessionId}`);
    if (!known && live.length >= limits.sessions) return 'SESSION_LIMIT';
  }
  if (probeIsOut(figures.cooldown, nowMs) || probeIsOut(modelRecord, nowMs)) return 'PROBING';
  const full = declared.concurrency !== 0 && figures.inFlight >= declared.concurrency;
  return full || request.spokenFor.includes(account.id) ? 'CONCURRENCY_FULL' : 'ELIGIBLE';
}

function speaks(declared: AccountDeclaration, { platform, forced }: PlainStep): boolean {
  if (declared.platform === platform) return true;
  const lends = declared.platform === 'antigravity' && declared.mixedScheduling;
  return lends && !forced && ['anthropic', 'gemini'].includes(platform);
}

function serves(declared: AccountDeclaration, model: string): boolean {
  const names = [...declared.models.keys()];
  if (names.length === 0 || model === '') return true;
  return names.some((name) => (name.endsWith('*') ? model.startsWith(name.slice(0, -1)) : name === model));
}

function windowStart({ upstreamWindow }: PlainFigures, nowMs: number): number {
  const current =
    upstreamWindow !== undefined && upstreamWindow.startMs <= nowMs && nowMs < upstreamWindow.endMs;
  return current ? upstreamWindow.startMs : Math.floor(nowMs / hourMs) * hourMs;
}

function probeIsOut(record: CooldownRecord | undefined, nowMs: number): boolean {
  return record?.probeDue === true && record.probe !== undefined && nowMs - record.probe.sinceMs < 10_000;
}
