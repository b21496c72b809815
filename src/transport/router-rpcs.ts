import {
  type ListModelsRequestSchema,
  type ListModelsResponseSchema,
  type RenewLeaseRequestSchema,
  type RenewLeaseResponseSchema,
  type ReportResultRequestSchema,
  type ReportResultResponseSchema,
  RouterService,
  type SelectAccountRequestSchema,
  type SelectAccountResponseSchema,
} from '../../gen/remora/v1/router_pb.ts';
import { andThen } from '../ports/awaitable.ts';
import type { Router, SelectOutcome } from '../routing/api.ts';
import { requiredLeaseIdFault, textFault, ttlFault } from './codec/fields.ts';
import { limits } from './codec/limits.ts';
import {
  encodeModelsOutcome,
  encodeRenewOutcome,
  encodeReportOutcome,
  encodeSelectOutcome,
} from './codec/outcomes.ts';
import { decodeReport } from './codec/report.ts';
import { decodeSelect } from './codec/select.ts';
import { decodeDuration } from './codec/time.ts';
import { cancelled, invalid, Refused } from './refused.ts';
import type { UnaryRpc } from './rpc.ts';

export interface RouterRpcs {
  readonly select: UnaryRpc<typeof SelectAccountRequestSchema, typeof SelectAccountResponseSchema>;
  readonly report: UnaryRpc<typeof ReportResultRequestSchema, typeof ReportResultResponseSchema>;
  readonly renew: UnaryRpc<typeof RenewLeaseRequestSchema, typeof RenewLeaseResponseSchema>;
  readonly listModels: UnaryRpc<typeof ListModelsRequestSchema, typeof ListModelsResponseSchema>;
}

/** RouterService's unary RPCs over the use cases. */
export function createRouterRpcs(router: Router): RouterRpcs {
  return {
    select: {
      method: RouterService.method.selectAccount,
      maxBytes: limits.requestBytes,
      run(message, call) {
        const request = decodeSelect(message);
        if (request instanceof Refused) return request;
        return andThen(router.select(request, call), (outcome) =>
          call.cancelled ? giveBack(router, outcome) : encodeSelectOutcome(outcome),
        );
      },
    },
    report: {
      method: RouterService.method.reportResult,
      maxBytes: limits.reportBytes,
      run(message, call) {
        const request = decodeReport(message);
        if (request instanceof Refused) return request;
        return andThen(router.report(request, call), (outcome) => {
          if (call.cancelled && outcome.kind === 'reported' && outcome.answer.next !== undefined) {
            return giveBack(router, outcome.answer.next);
          }
          return encodeReportOutcome(outcome);
        });
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
