import type { Registry } from 'prom-client';
import { type Count, createTallyFamily } from './tally.ts';

/** The canonical codes; the place is the number. */
const codeNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

const unknownCode = codeNames.indexOf('UNKNOWN');

export interface GrpcMetrics {
  /**
   * Resolves the children of one method, to be done at start: it is exported as 0 for OK from then on. The answer counts one
   * call by its numeric status code; a number that is none counts as UNKNOWN.
   */
  handled(service: string, method: string): (code: number) => void;
}

/** Declares the counter of finished RPCs, named as other gRPC servers name it. */
export function createGrpcMetrics(registry: Registry): GrpcMetrics {
  const family = createTallyFamily(registry, {
    name: 'grpc_server_handled_total',
    help: 'RPCs finished by the server, by status code, however the call came in.',
    labelNames: ['grpc_service', 'grpc_method', 'grpc_code'],
  });
  return {
    handled(service, method) {
      const byCode: readonly Count[] = codeNames.map((name) =>
        family.child([service, method, name], { fromStart: name === 'OK' }),
      );
      return (code) => (byCode[code] ?? byCode[unknownCode])?.inc();
    },
  };
}
