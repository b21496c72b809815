import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { anyUnpack, type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import { type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts';
import type { AccountState } from '../../gen/remora/v1/account_pb.ts';
import {
  CooldownScope,
  CooldownSource,
  FailoverReason,
  type FailureSchema,
  TransportError,
} from '../../gen/remora/v1/failure_pb.ts';
import {
  type ReportResultRequestSchema,
  type ReportResultResponse,
  RouterService,
  type SelectAccountRequestSchema,
  type SelectAccountResponse,
} from '../../gen/remora/v1/router_pb.ts';
import {
  type Attempt,
  type Selection,
  type SelectionFailure,
  SelectionFailureSchema,
  Verdict,
  type WaitPlan,
} from '../../gen/remora/v1/selection_pb.ts';
import type { RunningApp } from '../support/start-app.ts';

const { selectAccount, reportResult } = RouterService.method;
/** The names of gRPC's status codes; the enum holds the numbers' names too. */
const numbers = Object.fromEntries(
  Object.entries(status).filter(([, code]) => typeof code === 'number'),
) as Record<string, number>;

/** A sidecar as its callers see it. */
export type Callee = Pick<RunningApp, 'grpc'>;

export type SelectFields = MessageInitShape<typeof SelectAccountRequestSchema>;
export type FailureFields = MessageInitShape<typeof FailureSchema>;
export type ReportFields = Omit<MessageInitShape<typeof ReportResultRequestSchema>, '$typeName' | '$unknown'>;

/** An upstream's answer to a request over its limit, without a word on when to come back. */
export const tooMany: FailureFields = {
  httpStatus: 429,
  body: '{"type":"error","error":{"type":"rate_limit_error","message":"Number of requests has exceeded your limit."}}',
};
export const serverError: FailureFields = {
  httpStatus: 500,
  body: '{"type":"error","error":{"type":"api_error","message":"Internal server error"}}',
};
export const unpaid: FailureFields = {
  httpStatus: 400,
  body: '{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}',
};
export const badFormat: FailureFields = {
  httpStatus: 400,
  body: '{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content: String should match pattern"}}',
};
export const noConnection: FailureFields = { transportError: TransportError.NETWORK };

/** The short name of an enum's value. */
export function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? `${value}`;
}

/** A call that was refused, with the reasons in its details. */
export interface Refusal {
  /** The name of the status. */
  readonly code: string;
  readonly message: string;
  readonly failure: SelectionFailure | undefined;
}

export async function select(app: Callee, request: SelectFields = {}): Promise<Selection> {
  return selectionIn(await app.grpc.unary(selectAccount, request));
}

/** The selection in an answer; the test fails where it holds something else. */
export function selectionIn(response: SelectAccountResponse | undefined): Selection {
  if (response?.outcome.case !== 'selection')
    expect.unreachable(`no selection but ${response?.outcome.case ?? 'nothing'}`);
  return response.outcome.value;
}

export async function waitPlan(app: Callee, request: SelectFields = {}): Promise<WaitPlan> {
  const { outcome } = await app.grpc.unary(selectAccount, request);
  if (outcome.case !== 'waitPlan') expect.unreachable(`no wait plan but ${outcome.case ?? 'nothing'}`);
  return outcome.value;
}

/** What a call is refused with; the test fails where it succeeds. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => expect.unreachable('the call should be refused'),
    (reason: ServiceError) => reason,
  );
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
  const failure = details.map((detail) => anyUnpack(detail, SelectionFailureSchema)).find(Boolean);
  return { code: nameOf(numbers, error.code), message: error.details, failure };
}

type Leased = Pick<Selection, 'lease'> | string;

export function report(app: Callee, leased: Leased, fields: ReportFields): Promise<ReportResultResponse> {
  return app.grpc.unary(reportResult, { leaseId: leaseIdOf(leased), ...fields });
}

export function reportFailure(
  app: Callee,
  leased: Leased,
  failure: FailureFields,
  fields: ReportFields = {},
): Promise<ReportResultResponse> {
  return report(app, leased, { outcome: { case: 'failure', value: failure }, ...fields });
}

export function reportSuccess(
  app: Callee,
  leased: Leased,
  fields: ReportFields = {},
): Promise<ReportResultResponse> {
  return report(app, leased, { outcome: { case: 'success', value: {} }, ...fields });
}

export function reportCancelled(app: Callee, leased: Leased): Promise<ReportResultResponse> {
  return report(app, leased, { outcome: { case: 'cancelled', value: {} } });
}

export function leaseIdOf(leased: Leased): string {
  return typeof leased === 'string' ? leased : leased.lease!.id;
}

/** Fails the request at once, and answers what was made of it. */
export async function failNext(
  app: RunningApp,
  failure: FailureFields,
  { request = {}, ...fields }: { readonly request?: SelectFields } & ReportFields = {},
): Promise<ReturnType<typeof judged>> {
  return judged(await reportFailure(app, await select(app, request), failure, fields), app);
}

/** What a report was answered, with the cooldown's length in seconds. */
export function judged({ classification }: ReportResultResponse, app: RunningApp) {
  const { cooldown } = classification ?? {};
  return {
    reason: nameOf(FailoverReason, classification?.reason ?? 0),
    failover: classification?.failover,
    ...(cooldown !== undefined && {
      scope: nameOf(CooldownScope, cooldown.scope),
      source: nameOf(CooldownSource, cooldown.source),
      seconds: secondsFromNow(cooldown.until, app),
    }),
  };
}

export function secondsFromNow(moment: Timestamp | undefined, app: RunningApp): number {
  return moment === undefined ? Number.NaN : (timestampMs(moment) - app.clock.now()) / 1000;
}

/** `account/model REASON`, and `skipped` where it was. */
export function told(attempts: readonly Attempt[] | undefined): readonly string[] {
  return (attempts ?? []).map(
    ({ accountId, model, reason, skipped }) =>
      `${accountId}/${model} ${nameOf(FailoverReason, reason)}${skipped ? ' skipped' : ''}`,
  );
}

export function rejected(failure: SelectionFailure | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(
    (failure?.rejections ?? []).map(({ verdict, count }) => [nameOf(Verdict, verdict), count]),
  );
}

export async function accountState(app: RunningApp, accountId: string): Promise<AccountState> {
  const { accounts } = await app.admin.listAccounts({ accountIds: [accountId] });
  return accounts[0]!;
}

/** An account's running cooldowns: `model REASON SCOPE SOURCE seconds failures`. */
export async function cooldownsOf(app: RunningApp, accountId: string): Promise<readonly string[]> {
  const { cooldowns } = await accountState(app, accountId);
  return cooldowns.map(({ model, reason, scope, source, until, failures }) =>
    [
      model || '*',
      nameOf(FailoverReason, reason),
      nameOf(CooldownScope, scope),
      nameOf(CooldownSource, source),
      secondsFromNow(until, app),
      failures,
    ].join(' '),
  );
}
