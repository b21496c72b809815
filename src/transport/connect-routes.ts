import { type Message, toBinary } from '@bufbuild/protobuf';
import type { ConnectRouter, HandlerContext } from '@connectrpc/connect';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import type { Call } from '../routing/api.ts';
import { connectCancelled, connectError, connectInternalError, needsHttp2 } from './connect-errors.ts';
import { codeOf, codes } from './errors.ts';
import type { ServingOptions } from './grpc-service.ts';
import { invalid, Refused } from './refused.ts';
import { type AnyUnaryRpc, oversize } from './rpc.ts';

/** An RPC with the counter of its finished calls. */
export interface CountedRpc {
  readonly rpc: AnyUnaryRpc;
  readonly count: (code: number) => void;
}

export interface ConnectRoutesOptions extends Pick<ServingOptions, 'faults' | 'clock'> {
  readonly rpcs: readonly CountedRpc[];
}

/**
 * Serves the RPCs over Connect, gRPC-Web and JSON. Route is known by name only: a stream in two directions needs HTTP/2, and
 * over HTTP/1.1 Connect answers 505.
 */
export function connectRoutes({
  rpcs,
  faults,
  clock,
}: ConnectRoutesOptions): (router: ConnectRouter) => void {
  return (router) => {
    for (const { rpc, count } of rpcs) {
      router.rpc(rpc.method, async (request: Message, context: HandlerContext) => {
        const answer = await run(rpc, request, context).catch((error: unknown) => {
          faults.fault(rpc.method.name, error);
          return undefined;
        });
        if (context.signal.aborted) {
          const error = connectCancelled(context.signal);
          count(error.code);
          throw error;
        }
        if (answer === undefined) {
          count(codes.internal);
          throw connectInternalError();
        }
        if (answer instanceof Refused) {
          count(codeOf(answer.refusal));
          throw connectError(answer.refusal, clock.now());
        }
        count(codes.ok);
        return answer;
      });
    }
    router.rpc(RouterService.method.route, () => {
      throw needsHttp2();
    });
  };
}

async function run(rpc: AnyUnaryRpc, request: Message, context: HandlerContext): Promise<Message | Refused> {
  const bytes = sizeOf(rpc, request, context.requestHeader.get('content-length'));
  if (bytes > rpc.maxBytes) return invalid(oversize(rpc, bytes));
  return rpc.run(request, callOf(context.signal));
}

/**
 * The size of a request in the binary form, which is what the limits mean, whatever form it came in. A body that says it is
 * smaller is not measured: JSON is never shorter than the binary form it stands for.
 */
function sizeOf(rpc: AnyUnaryRpc, request: Message, contentLength: string | null): number {
  const declared = contentLength === null ? Number.POSITIVE_INFINITY : Number(contentLength);
  return declared <= rpc.maxBytes ? declared : toBinary(rpc.method.input, request).byteLength;
}

function callOf(signal: AbortSignal): Call {
  return {
    get cancelled() {
      return signal.aborted;
    },
    onCancel(listener) {
      const once = (): void => listener();
      if (signal.aborted) queueMicrotask(once);
      else signal.addEventListener('abort', once, { once: true });
      return () => signal.removeEventListener('abort', once);
    },
  };
}
