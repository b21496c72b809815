import { type Code, ConnectError } from '@connectrpc/connect';
import { RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts';
import { SelectionFailureSchema } from '../../gen/remora/v1/selection_pb.ts';
import type { Refusal } from '../routing/api.ts';
import { encodeSelectionFailure } from './codec/selection.ts';
import { codeOf, codes, internalMessage, messageOf, retryInfoOf } from './errors.ts';

function errorWith(code: number, message: string): ConnectError {
  // Connect's numbers are gRPC's.
  return new ConnectError(message, code as Code);
}

/** The error of a refused call over Connect, gRPC-Web or JSON, with its details; a body has room for them all. */
export function connectError(refusal: Refusal, nowMs: number): ConnectError {
  const error = errorWith(codeOf(refusal), messageOf(refusal));
  const { failure } = refusal;
  if (failure === undefined) return error;
  error.details.push({ desc: SelectionFailureSchema, value: encodeSelectionFailure(failure) });
  const retry = retryInfoOf(failure, nowMs);
  if (retry !== undefined) error.details.push({ desc: RetryInfoSchema, value: retry });
  return error;
}

export function connectInternalError(): ConnectError {
  return errorWith(codes.internal, internalMessage);
}

/** A body that is no message of its RPC, told before Connect reads it. */
export function invalidBody(fault: string): ConnectError {
  return connectError({ kind: 'invalid', message: fault }, 0);
}

/** A body beyond what is read from the wire at all: the code grpc-js answers with, too. */
export function tooLargeBody(maxBytes: number): ConnectError {
  return errorWith(codes.resourceExhausted, `request: more than ${maxBytes} bytes`);
}

/** The end of a call that nobody waits for: a passed deadline aborts with its own error, a caller that left with another or none. */
export function connectCancelled({ reason }: AbortSignal): ConnectError {
  const expired = reason instanceof ConnectError && Number(reason.code) === codes.deadlineExceeded;
  return expired ? reason : errorWith(codes.cancelled, 'the call was cancelled');
}

/** Whether an answer could not be written because nobody is there to read it. */
export function callerLeft(error: unknown): boolean {
  return Number(ConnectError.from(error).code) === codes.aborted;
}

/** What a method that needs a stream in two directions could only answer over HTTP/1.1. */
export function needsHttp2(): ConnectError {
  return errorWith(codes.unimplemented, 'needs HTTP/2: use the gRPC listener');
}
