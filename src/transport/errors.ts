import { toBinary } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { type RetryInfo, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/google/rpc/status_pb.ts';
import type { RouteError } from '../../gen/remora/v1/router_pb.ts';
import { SelectionFailureSchema } from '../../gen/remora/v1/selection_pb.ts';
import type { Refusal } from '../routing/api.ts';
import { encodeSelectionFailure } from './codec/selection.ts';
import { encodeDuration } from './codec/time.ts';

/*
 * The one place that knows status codes. A Refusal becomes the status of a unary call or of one call on a Route stream; its
 * SelectionFailure and the time to wait go along as details. `connect-errors.ts` says the same in Connect's words, with these
 * codes: it stands apart so that Connect is loaded only when it is used.
 */

/** The numbers of gRPC, which are Connect's too. */
export const codes = {
  ok: status.OK,
  cancelled: status.CANCELLED,
  deadlineExceeded: status.DEADLINE_EXCEEDED,
  resourceExhausted: status.RESOURCE_EXHAUSTED,
  aborted: status.ABORTED,
  unimplemented: status.UNIMPLEMENTED,
  internal: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
} as const;

const codeOfKind: Readonly<Record<Refusal['kind'], status>> = {
  invalid: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  exhausted: status.RESOURCE_EXHAUSTED,
  precondition: status.FAILED_PRECONDITION,
  permission: status.PERMISSION_DENIED,
  unavailable: status.UNAVAILABLE,
  cancelled: status.CANCELLED,
};

export function codeOf(refusal: Refusal): number {
  return codeOfKind[refusal.kind];
}

/** All that a caller learns of a fault of remora's own; the log has the rest. */
export const internalMessage = 'internal error';

/** A message travels in a header, percent-encoded, where clients allow 8 KiB for all headers together. */
const maxMessageLength = 512;

export function messageOf(refusal: Refusal): string {
  return refusal.message.slice(0, maxMessageLength).toWellFormed();
}

export type GrpcError = Pick<StatusObject, 'code' | 'details' | 'metadata'>;

/** The status of a refused gRPC call, with `grpc-status-details-bin` where there is more to say. */
export function grpcError(refusal: Refusal, nowMs: number): GrpcError {
  const metadata = new Metadata();
  const code = codeOf(refusal);
  const details = messageOf(refusal);
  if (refusal.failure !== undefined) {
    const packed = fittingDetails(refusal.failure, nowMs);
    const bytes = toBinary(StatusSchema, {
      $typeName: 'google.rpc.Status',
      code,
      message: details,
      details: packed,
    });
    metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  }
  return { code, details, metadata };
}

export function grpcInternalError(): GrpcError {
  return { code: status.INTERNAL, details: internalMessage, metadata: new Metadata() };
}

/**
 * Java's gRPC clients take 8 KiB of headers in all and C's little more, base64 included. A failure with long names and many
 * attempts is cut to this size from the oldest attempt on, and says how many it left out.
 */
const maxDetailBytes = 4096;

function fittingDetails(failure: NonNullable<Refusal['failure']>, nowMs: number): Any[] {
  const message = encodeSelectionFailure(failure);
  let packed = anyPack(SelectionFailureSchema, message);
  while (packed.value.length > maxDetailBytes && message.attempts.length > 0) {
    const dropped = Math.ceil(message.attempts.length / 4);
    message.attempts = message.attempts.slice(dropped);
    message.attemptsOmitted += dropped;
    packed = anyPack(SelectionFailureSchema, message);
  }
  const retry = retryInfoOf(failure, nowMs);
  return retry === undefined ? [packed] : [packed, anyPack(RetryInfoSchema, retry)];
}

/** Undefined where no time is known. */
export function retryInfoOf(failure: NonNullable<Refusal['failure']>, nowMs: number): RetryInfo | undefined {
  const { earliestAvailableMs } = failure;
  if (earliestAvailableMs === undefined) return undefined;
  return {
    $typeName: 'google.rpc.RetryInfo',
    retryDelay: encodeDuration(Math.max(0, earliestAvailableMs - nowMs)),
  };
}

/** The error of one call on a Route stream. */
export function routeError(refusal: Refusal): RouteError {
  return {
    $typeName: 'remora.v1.RouteError',
    code: codeOf(refusal),
    message: messageOf(refusal),
    selectionFailure: refusal.failure === undefined ? undefined : encodeSelectionFailure(refusal.failure),
  };
}

export function routeInternalError(): RouteError {
  return { $typeName: 'remora.v1.RouteError', code: status.INTERNAL, message: internalMessage };
}
