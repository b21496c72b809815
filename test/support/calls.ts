import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { anyUnpack, type Duration, durationFromMs } from '@bufbuild/protobuf/wkt';
import { type ServiceError, status } from '@grpc/grpc-js';
import { RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts';
import {
  type ReportResultRequestSchema,
  RouterService,
  type SelectAccountRequestSchema,
} from '../../gen/remora/v1/router_pb.ts';
import {
  type Selection,
  type SelectionFailure,
  SelectionFailureSchema,
  Verdict,
  type WaitPlan,
} from '../../gen/remora/v1/selection_pb.ts';
import type { GrpcClient } from './clients.ts';

export type SelectInit = MessageInitShape<typeof SelectAccountRequestSchema>;
export type ReportInit = MessageInitShape<typeof ReportResultRequestSchema>;
type CallOptions = Parameters<GrpcClient['unary']>[2];

interface Caller {
  readonly grpc: GrpcClient;
}

/** Seconds as protobuf has them. */
export const seconds = (value: number): Duration => durationFromMs(value * 1000);

/** Selects an account; fails where the answer is none. The group is `g` unless another is named. */
export async function select(
  { grpc }: Caller,
  request: SelectInit = {},
  options?: CallOptions,
): Promise<Selection> {
  const { outcome } = await grpc.unary(
    RouterService.method.selectAccount,
    { groupId: 'g', ...request },
    options,
  );
  if (outcome.case !== 'selection') throw new Error(`no selection but ${outcome.case}`);
  return outcome.value;
}

/** Selects, and tells the account's id alone. */
export async function selectId(caller: Caller, request: SelectInit = {}): Promise<string> {
  const { account } = await select(caller, request);
  return account?.id ?? '';
}

/** Selects where only a wait plan is to be had. */
export async function planOf({ grpc }: Caller, request: SelectInit = {}): Promise<WaitPlan> {
  const { outcome } = await grpc.unary(RouterService.method.selectAccount, { groupId: 'g', ...request });
  if (outcome.case !== 'waitPlan') throw new Error(`no wait plan but ${outcome.case}`);
  return outcome.value;
}

/** The id of a selection's lease. */
export function leaseOf({ lease }: Selection): string {
  return lease?.id ?? '';
}

/** Reports a success unless `parts` says otherwise. */
export async function report({ grpc }: Caller, selected: Selection | string, parts: ReportInit = {}) {
  const leaseId = typeof selected === 'string' ? selected : leaseOf(selected);
  return grpc.unary(RouterService.method.reportResult, {
    leaseId,
    outcome: { case: 'success', value: {} },
    ...parts,
  });
}

/** The outcome of an attempt that the upstream answered so. */
export function failedWith(httpStatus: number, body = ''): ReportInit {
  return { outcome: { case: 'failure', value: { httpStatus, body } } };
}

export const cancelledOutcome: ReportInit = { outcome: { case: 'cancelled', value: {} } };

/** Usage that costs so many USD. */
export function costing(standardCost: number): ReportInit {
  return { usage: { inputTokens: 10n, outputTokens: 5n, standardCost } };
}

/** A refused call as its caller sees it. */
export interface RefusedCall {
  /** The code's name, as in NOT_FOUND. */
  readonly code: string;
  readonly message: string;
  readonly failure: SelectionFailure | undefined;
  /** From RetryInfo, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Waits for a gRPC call to be refused, and reads its status with details. Fails where it succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<RefusedCall> {
  const error = await call.then(
    (value) => {
      throw new Error(`the call succeeded: ${JSON.stringify(value, bigintAsText)}`);
    },
    (reason: ServiceError) => reason,
  );
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
  const retry = details.map((any) => anyUnpack(any, RetryInfoSchema)).find((found) => found !== undefined);
  const delay = retry?.retryDelay;
  return {
    code: status[error.code] ?? '',
    message: error.details,
    failure: details
      .map((any) => anyUnpack(any, SelectionFailureSchema))
      .find((found) => found !== undefined),
    retryAfterMs: delay && Number(delay.seconds) * 1000 + delay.nanos / 1_000_000,
  };
}

/** The verdicts of a failure with their counts, by name. */
export function rejectionsOf(failure: SelectionFailure | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(
    (failure?.rejections ?? []).map(({ verdict, count }) => [nameOf(Verdict, verdict), count]),
  );
}

/** The name of an enum's value, without the enum's prefix. */
export function nameOf(values: object, value: number | undefined): string {
  return Object.entries(values).find(([, number]) => number === value)?.[0] ?? `none (${value})`;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
