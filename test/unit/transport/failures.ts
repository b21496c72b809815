import { ConnectError } from '@connectrpc/connect';
import type { ServiceError } from '@grpc/grpc-js';
import { expect } from 'vitest';

/** The status that a gRPC call must fail with. */
export async function grpcFailure(call: Promise<unknown>): Promise<ServiceError> {
  return call.then(
    () => expect.unreachable('the call should fail'),
    (error: ServiceError) => error,
  );
}

/** The error that a call over the HTTP listener must fail with. */
export async function connectFailure(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => expect.unreachable('the call should fail'),
    (error: unknown) => ConnectError.from(error),
  );
}
