import {
  type ListModelsRequestSchema,
  type ListModelsResponseSchema,
  type RenewLeaseRequestSchema,
  type RenewLeaseResponseSchema,
  type ReportResultRequest,
  type ReportResultRequestSchema,
  type ReportResultResponseSchema,
  RouterService,
  type SelectAccountRequest,
  type SelectAccountRequestSchema,
  type SelectAccountResponseSchema,
} from '../../gen/remora/v1/router_pb.ts';
import { type Awaitable, andThen } from '../ports/awaitable.ts';
import type { Call, ReportAnswer, Router, SelectOutcome } from '../routing/api.ts';
import { requiredLeaseIdFault, textFault, ttlFault } from './codec/fields.ts';
import { limits } from './codec/limits.ts';
import {
  encodeModelsOutcome,
  encodeRenewOutcome,
  encodeReportAnswer,
  encodeSelectOutcome,
} from './codec/outcomes.ts';
import { readReport } from './codec/read-report.ts';
import { readSelect } from './codec/read-select.ts';
import { decodeReport } from './codec/report.ts';
import { decodeSelect } from './codec/select.ts';
import { decodeDuration } from './codec/time.ts';
import { WireReader } from './codec/wire/reader.ts';
import { type SelectAnswer, writeReportAnswer, writeSelectAnswer } from './codec/write-answers.ts';
import { cancelled, invalid, Refused } from './refused.ts';
import type { BinaryRpc, UnaryRpc } from './rpc.ts';

/** The two RPCs of every request have a binary form, which Route uses too. */
export interface RouterRpcs {
  readonly select: BinaryRpc<
    typeof SelectAccountRequestSchema,
    typeof SelectAccountResponseSchema,
    SelectAnswer
  >;
  readonly report: BinaryRpc<
    typeof ReportResultRequestSchema,
    typeof ReportResultResponseSchema,
    ReportAnswer
  >;
  readonly renew: UnaryRpc<typeof RenewLeaseRequestSchema, typeof RenewLeaseResponseSchema>;
  readonly listModels: UnaryRpc<typeof ListModelsRequestSchema, typeof ListModelsResponseSchema>;
}

/** RouterService's unary RPCs over the use cases. */
export function createRouterRpcs(router: Router): RouterRpcs {
  const select = (message: SelectAccountRequest, call: Call): Awaitable<SelectAnswer | Refused> => {
    const request = decodeSelect(message);
    if (request instanceof Refused) return request;
    return andThen(router.select(request, call), (outcome) => {
      if (call.cancelled) return giveBack(router, outcome);
      return outcome.kind === 'refused' ? new Refused(outcome.refusal) : outcome;
    });
  };
  const report = (message: ReportResultRequest, call: Call): Awaitable<ReportAnswer | Refused> => {
    const request = decodeReport(message);
    if (request instanceof Refused) return request;
    return andThen(router.report(request, call), (outcome) => {
      if (outcome.kind === 'refused') return new Refused(outcome.refusal);
      const { next } = outcome.answer;
      return call.cancelled && next !== undefined ? giveBack(router, next) : outcome.answer;
    });
  };
  return {
    select: {
      method: RouterService.method.selectAccount,
      maxBytes: limits.requestBytes,
      run: (message, call) =>
        andThen(select(message, call), (answer) =>
          answer instanceof Refused ? answer : encodeSelectOutcome(answer),
        ),
      binary: {
        read: (bytes) => readSelect(new WireReader(bytes), bytes.length),
        run: select,
        write: writeSelectAnswer,
      },
    },
    report: {
      method: RouterService.method.reportResult,
      maxBytes: limits.reportBytes,
      run: (message, call) =>
        andThen(report(message, call), (answer) =>
          answer instanceof Refused ? answer : encodeReportAnswer(answer),
        ),
      binary: {
        read: (bytes) => readReport(new WireReader(bytes), bytes.length),
        run: report,
        write: writeReportAnswer,
      },
    },
    renew: {
      method: RouterService.method.renewLease,
      maxBytes: limits.requestBytes,
      run(message) {
        const fault = requiredLeaseIdFault('lease_id', message.leaseId) ?? ttlFault('ttl', message.ttl);
        if (fault !== undefined) return invalid(fault);
        return router
          .renew({ leaseId: message.leaseId, ttlMs: decodeDuration(message.ttl) })
          .then(encodeRenewOutcome);
      },
    },
    listModels: {
      method: RouterService.method.listModels,
      maxBytes: limits.requestBytes,
      run({ groupId, platform }) {
        const fault = textFault('group_id', groupId) ?? textFault('platform', platform);
        if (fault !== undefined) return invalid(fault);
        return router.listModels({ groupId, platform }).then(encodeModelsOutcome);
      },
    },
  };
}

/**
 * Who has gone away learns of no lease, so a selection made for them must not hold its slot until it expires. A replayed one is
 * left alone: the call that was answered with it first may be using it.
 */
async function giveBack(router: Pick<Router, 'abandon'>, outcome: SelectOutcome): Promise<Refused> {
  if (outcome.kind === 'selection' && !outcome.replayed) await router.abandon([outcome.selection.lease.id]);
  return cancelled;
}
