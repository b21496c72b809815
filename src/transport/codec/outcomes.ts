import {
  type Classification,
  type Cooldown,
  CooldownScope,
  CooldownSource,
  FailoverReason,
} from '../../../gen/remora/v1/failure_pb.ts';
import type {
  ListModelsResponse,
  RenewLeaseResponse,
  ReportResultResponse,
  SelectAccountResponse,
} from '../../../gen/remora/v1/router_pb.ts';
import type { ListModelsOutcome, RenewOutcome, ReportAnswer, SelectOutcome } from '../../routing/api.ts';
import { Refused } from '../refused.ts';
import { encodeLease, encodeSelection, encodeSelectionFailure, encodeWaitPlan } from './selection.ts';
import { encodeTime } from './time.ts';

export function encodeSelectOutcome(outcome: SelectOutcome): SelectAccountResponse | Refused {
  switch (outcome.kind) {
    case 'selection':
      return encodeSelection(outcome.selection);
    case 'wait_plan':
      return encodeWaitPlan(outcome.plan);
    case 'refused':
      return new Refused(outcome.refusal);
  }
}

export function encodeReportAnswer(answer: ReportAnswer): ReportResultResponse {
  const { classification, next } = answer;
  const nextMessage = next === undefined ? undefined : encodeSelectOutcome(next);
  // The report stands whatever became of the next selection, so that one's refusal is told here and not as the call's.
  const refused = nextMessage instanceof Refused;
  return {
    $typeName: 'remora.v1.ReportResultResponse',
    duplicate: answer.duplicate,
    classification: classification === undefined ? undefined : encodeClassification(classification),
    next: refused ? undefined : nextMessage,
    nextFailure: refused ? encodeSelectionFailure(nextMessage.refusal.failure) : undefined,
  };
}

export function encodeClassification(
  classification: NonNullable<ReportAnswer['classification']>,
): Classification {
  const { reason, failover, cooldown } = classification;
  return {
    $typeName: 'remora.v1.Classification',
    reason: FailoverReason[reason],
    failover,
    cooldown: cooldown === undefined ? undefined : encodeCooldown(cooldown),
  };
}

function encodeCooldown(
  cooldown: NonNullable<NonNullable<ReportAnswer['classification']>['cooldown']>,
): Cooldown {
  return {
    $typeName: 'remora.v1.Cooldown',
    scope: CooldownScope[cooldown.scope],
    until: encodeTime(cooldown.untilMs),
    source: CooldownSource[cooldown.source],
  };
}

export function encodeRenewOutcome(outcome: RenewOutcome): RenewLeaseResponse | Refused {
  if (outcome.kind === 'refused') return new Refused(outcome.refusal);
  return { $typeName: 'remora.v1.RenewLeaseResponse', lease: encodeLease(outcome.lease) };
}

export function encodeModelsOutcome(outcome: ListModelsOutcome): ListModelsResponse | Refused {
  if (outcome.kind === 'refused') return new Refused(outcome.refusal);
  return {
    $typeName: 'remora.v1.ListModelsResponse',
    models: outcome.models.map((model) => ({
      $typeName: 'remora.v1.Model',
      id: model.id,
      platforms: [...model.platforms],
      accountCount: model.accountCount,
      availableCount: model.availableCount,
    })),
    unrestricted: outcome.unrestricted,
  };
}
