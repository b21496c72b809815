import { type Failure, TransportError } from '../../../gen/remora/v1/failure_pb.ts';
import type { ReportResultRequest, Usage as UsageMessage } from '../../../gen/remora/v1/router_pb.ts';
import type { UpstreamFailure } from '../../failover/failure.ts';
import type { ReportRequest, Usage } from '../../routing/api.ts';
import { invalid, type Refused } from '../refused.ts';
import { costFault, countFault, cutText, durationFault, enumFault, requiredLeaseIdFault } from './fields.ts';
import { limits } from './limits.ts';
import { decodeDuration } from './time.ts';

/** Reads a ReportResultRequest. What it quotes of an upstream's answer is cut to the limits, not refused. */
export function decodeReport(message: ReportResultRequest): ReportRequest | Refused {
  const fault = faultOf(message);
  if (fault !== undefined) return invalid(fault);
  const responseHeaders = decodeHeaders(message.responseHeaders);
  const report: ReportRequest = {
    leaseId: message.leaseId,
    outcome: decodeOutcome(message.outcome, responseHeaders),
    responseHeaders,
    timeToFirstTokenMs: decodeDuration(message.timeToFirstToken),
    durationMs: decodeDuration(message.duration),
    selectNext: message.selectNext,
  };
  return message.usage === undefined ? report : { ...report, usage: decodeUsage(message.usage) };
}

function faultOf(message: ReportResultRequest): string | undefined {
  const { outcome, usage } = message;
  return (
    requiredLeaseIdFault('lease_id', message.leaseId) ??
    (outcome.case === undefined ? 'outcome: unset, must be one of success, failure, cancelled' : undefined) ??
    (outcome.case === 'failure' ? failureFault(outcome.value) : undefined) ??
    (usage === undefined ? undefined : usageFault(usage)) ??
    durationFault('time_to_first_token', message.timeToFirstToken) ??
    durationFault('duration', message.duration)
  );
}

function failureFault(failure: Failure): string | undefined {
  const { httpStatus } = failure;
  return (
    (httpStatus < 0 || httpStatus > 999
      ? `failure.http_status: ${httpStatus}, must be 0 to 999`
      : undefined) ?? enumFault('failure.transport_error', failure.transportError, TransportError)
  );
}

function usageFault(usage: UsageMessage): string | undefined {
  return (
    countFault('usage.input_tokens', usage.inputTokens) ??
    countFault('usage.output_tokens', usage.outputTokens) ??
    countFault('usage.cache_read_tokens', usage.cacheReadTokens) ??
    countFault('usage.cache_creation_tokens', usage.cacheCreationTokens) ??
    costFault('usage.standard_cost', usage.standardCost)
  );
}

const success = { kind: 'success' } as const;
const cancelledByCaller = { kind: 'cancelled' } as const;

function decodeOutcome(
  outcome: ReportResultRequest['outcome'],
  headers: ReadonlyMap<string, string>,
): ReportRequest['outcome'] {
  if (outcome.case === 'success') return success;
  if (outcome.case !== 'failure') return cancelledByCaller;
  return { kind: 'failure', failure: decodeFailure(outcome.value, headers) };
}

function decodeFailure(failure: Failure, headers: ReadonlyMap<string, string>): UpstreamFailure {
  return {
    httpStatus: failure.httpStatus,
    body: cutText(failure.body, limits.failureTextBytes),
    transportError: transportErrorOf(failure.transportError),
    message: cutText(failure.message, limits.failureTextBytes),
    headers,
  };
}

function transportErrorOf(value: TransportError): UpstreamFailure['transportError'] {
  if (value === TransportError.TIMEOUT) return 'TIMEOUT';
  return value === TransportError.NETWORK ? 'NETWORK' : 'NONE';
}

function decodeUsage(usage: UsageMessage): Usage {
  const counts = {
    inputTokens: Number(usage.inputTokens),
    outputTokens: Number(usage.outputTokens),
    cacheReadTokens: Number(usage.cacheReadTokens),
    cacheCreationTokens: Number(usage.cacheCreationTokens),
  };
  return usage.standardCost === undefined ? counts : { ...counts, standardCostUsd: usage.standardCost };
}

const noHeaders: ReadonlyMap<string, string> = new Map();

function decodeHeaders(headers: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  let kept: Map<string, string> | undefined;
  for (const name in headers) {
    kept ??= new Map();
    if (kept.size === limits.headers) break;
    if (name.length > limits.headerNameBytes) continue;
    kept.set(name.toLowerCase(), cutText(headers[name]!, limits.headerValueBytes));
  }
  return kept ?? noHeaders;
}
