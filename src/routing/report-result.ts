import { classify } from '../failover/classify.ts';
import { cooldownEffect } from '../failover/cooldown-policy.ts';
import type { Classification, UpstreamFailure, UpstreamHint } from '../failover/failure.ts';
import { faultFingerprint } from '../failover/fingerprint.ts';
import { upstreamHint } from '../failover/upstream-hint.ts';
import { upstreamWindow } from '../failover/upstream-window.ts';
import { type Awaitable, andThen } from '../ports/awaitable.ts';
import type { UsageEntry } from '../ports/ledger.ts';
import type { SettledFailure, SettleResult, Spend } from '../ports/state-store.ts';
import type {
  Call,
  ReportAnswer,
  ReportOutcome,
  ReportRequest,
  Router,
  SelectOutcome,
  SelectRequest,
  Usage,
} from './api.ts';
import { goneOnRefusal, requestOfLease } from './chain.ts';
import { standardCostUsd } from './cost.ts';
import type { RoutingDependencies } from './dependencies.ts';
import { type LeaseTerms, parseLeaseId } from './lease-id.ts';
import { notALease } from './refusals.ts';
import { logReport } from './report-log.ts';
import { anySelection } from './select-request.ts';
import { toSelection } from './selection-answer.ts';
import { orUnavailable } from './unavailable.ts';

/** A failure, and what was made of it. */
export interface Judgement {
  readonly failure: UpstreamFailure;
  readonly classification: Classification;
  readonly hint: UpstreamHint | undefined;
}

interface Booking {
  readonly spend: Spend;
  /** The ledger could not take it. */
  readonly failed: boolean;
}

const nothingToBook: Booking = { spend: { kind: 'none' }, failed: false };
const notWritten: Booking = { spend: { kind: 'unknown' }, failed: true };

/** What a report was found to be of. */
interface Reported {
  readonly lease: LeaseTerms;
  readonly nowMs: number;
  readonly booking: Booking;
  readonly call: Call;
}

/** Ends a lease by what its caller reports: books the usage, frees the slot, judges a failure, and may select what comes next. */
export class ReportResult {
  readonly #deps: RoutingDependencies;
  readonly #select: Router['select'];

  constructor(deps: RoutingDependencies, select: Router['select']) {
    this.#deps = deps;
    this.#select = select;
  }

  run(request: ReportRequest, call: Call): Awaitable<ReportOutcome> {
    // What is held says the same as its id, and is about to be looked at anyway.
    const lease = this.#deps.state.heldLease?.(request.leaseId) ?? parseLeaseId(request.leaseId);
    if (lease === undefined) return { kind: 'refused', refusal: notALease('lease_id') };
    const nowMs = this.#deps.clock.now();
    // Here, not around `run`: a refusal that is there at once needs no promise.
    const settle = (booking: Booking) =>
      orUnavailable(() => this.#settle(request, { lease, nowMs, booking, call }));
    const { usage } = request;
    if (usage === undefined) return settle(nothingToBook);
    const { ledger, catalog, log } = this.#deps;
    const costUsd = standardCostUsd(usage, catalog.current(), lease);
    // The ledger comes first: what is freed or judged afterwards can be told again, an answered cost must be on disk.
    return ledger.book(entryOf(request.leaseId, lease, usage, { nowMs, costUsd })).then(
      (booked) =>
        booked === 'booked'
          ? settle({ spend: { kind: 'known', costUsd }, failed: false })
          : orUnavailable(() => this.#bookedBefore(request.leaseId).then(settle)),
      (error: unknown) => {
        const account = lease.accountId;
        log.error({ err: error, account }, 'usage could not be booked; its report is refused');
        return settle(notWritten);
      },
    );
  }

  #settle(request: ReportRequest, { lease, nowMs, booking, call }: Reported): Awaitable<ReportOutcome> {
    const judgement = this.#judge(request, nowMs);
    const settled = this.#deps.state.settle({
      leaseId: request.leaseId,
      accountId: lease.accountId,
      groupId: lease.groupId,
      model: lease.model,
      grantedAtMs: lease.grantedAtMs,
      nowMs,
      outcome: request.outcome.kind,
      spend: booking.spend,
      upstreamWindow: upstreamWindow(request.responseHeaders, nowMs),
      failure: judgement && this.#settledFailure(request, lease, judgement),
    });
    return andThen(settled, (result) => {
      this.#count(result, request, judgement);
      logReport(this.#deps.log, { lease, result, judgement });
      if (booking.failed) return notBooked;
      const next = request.selectNext && judgement ? this.#next(request.leaseId, call) : undefined;
      return andThen(next, (followed) => ({
        kind: 'reported',
        answer: answerOf(result, judgement, followed),
      }));
    });
  }

  /** A lease that is held still was told of before, but no further than to the ledger: its account's figures miss the cost. */
  async #bookedBefore(leaseId: string): Promise<Booking> {
    const { kind } = await this.#deps.state.fate(leaseId, this.#deps.clock.now());
    return { spend: { kind: kind === 'held' ? 'unknown' : 'booked_before' }, failed: false };
  }

  #judge({ outcome, responseHeaders }: ReportRequest, nowMs: number): Judgement | undefined {
    if (outcome.kind !== 'failure') return undefined;
    const failure = { ...outcome.failure, headers: responseHeaders };
    const classification = classify(failure);
    const { hintMinMs, hintMaxMs } = this.#deps.settings.cooldown;
    const hint = upstreamHint(failure, classification.reason, { nowMs, minMs: hintMinMs, maxMs: hintMaxMs });
    return { failure, classification, hint };
  }

  #settledFailure(request: ReportRequest, lease: LeaseTerms, judgement: Judgement): SettledFailure {
    const { classification, hint, failure } = judgement;
    return {
      reason: classification.reason,
      failover: classification.failover,
      effect: cooldownEffect(classification, hint, this.#deps.settings.cooldown),
      platform: this.#deps.catalog.current().accounts.get(lease.accountId)?.platform ?? '',
      fingerprint: faultFingerprint(failure),
      durationMs: request.durationMs,
      request: requestOfLease(lease),
    };
  }

  /**
   * The chain's next account, as SelectAccount would give it for `failover_from`. A repeated report gets the one that followed
   * before, while that lease is held; and none once that was reported, for the chain has gone on then.
   */
  async #next(leaseId: string, call: Call): Promise<SelectOutcome> {
    return (await this.#followed(leaseId)) ?? this.#select(followUp(leaseId), call);
  }

  /** What followed a failed lease already; undefined where nothing did, or the lease that did was lost. */
  async #followed(leaseId: string): Promise<SelectOutcome | undefined> {
    const { state, clock, catalog, userRates } = this.#deps;
    const fate = await state.fate(leaseId, clock.now());
    if (fate.kind !== 'failed' || fate.nextLeaseId === '') return undefined;
    const next = await state.fate(fate.nextLeaseId, clock.now());
    if (next.kind === 'unknown') return undefined;
    if (next.kind !== 'held') return { kind: 'refused', refusal: goneOnRefusal(fate.chain) };
    const { groupId, userId } = fate.chain.request;
    const groupRate = catalog.current().groups.get(groupId)?.rateMultiplier ?? 1;
    const selection = toSelection(next.lease, {
      rateMultiplier: await userRates.rateOf({ userId, groupId, groupRate }),
      catalog: catalog.current(),
      degraded: state.degraded,
      includeCredential: false,
    });
    return selection && { kind: 'selection', selection, replayed: true };
  }

  #count(result: SettleResult, request: ReportRequest, judgement: Judgement | undefined): void {
    const { results } = this.#deps.metrics;
    if (result.duplicate) results.reports('duplicate');
    else results.reports(request.outcome.kind, judgement?.classification.reason);
    if (result.cooldown?.moved) {
      const { scope, record } = result.cooldown;
      results.cooldowns(record.reason, scope, record.source);
    }
  }
}

function entryOf(
  leaseId: string,
  lease: LeaseTerms,
  usage: Usage,
  booked: { readonly nowMs: number; readonly costUsd: number },
): UsageEntry {
  return {
    leaseId,
    accountId: lease.accountId,
    groupId: lease.groupId,
    model: lease.model,
    bookedAtMs: booked.nowMs,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheCreationTokens: usage.cacheCreationTokens,
    costUsd: booked.costUsd,
  };
}

/**
 * The request for a chain's next attempt; what it leaves out comes from the chain. Its key makes one lease of it, however many
 * tell the same report at the same time.
 */
function followUp(leaseId: string): SelectRequest {
  return { ...anySelection, requestId: 'select_next', failoverFrom: leaseId };
}

function answerOf(
  { duplicate, cooldown }: SettleResult,
  judgement: Judgement | undefined,
  next: SelectOutcome | undefined,
): ReportAnswer {
  return {
    duplicate,
    ...(judgement && {
      classification: {
        reason: judgement.classification.reason,
        failover: judgement.classification.failover,
        ...(cooldown && {
          cooldown: {
            scope: cooldown.scope,
            untilMs: cooldown.record.untilMs,
            source: cooldown.record.source,
          },
        }),
      },
    }),
    ...(next && { next }),
  };
}

const notBooked: ReportOutcome = {
  kind: 'refused',
  refusal: {
    kind: 'unavailable',
    message: 'the usage could not be written down; report it again (the slot is free already)',
  },
};
