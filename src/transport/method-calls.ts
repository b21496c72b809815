import type {
  ServerInterceptingCall,
  ServerInterceptingCallInterface,
  ServerInterceptor,
} from '@grpc/grpc-js';

/** Takes over one call, of which grpc-js asks only that it can be started. */
export type CallTaker = (
  call: ServerInterceptingCallInterface,
) => Pick<ServerInterceptingCallInterface, 'start'>;

/** Gives the calls of each method, by its path, to what is to take them; the others stay with grpc-js. */
export function takeCalls(takers: ReadonlyMap<string, CallTaker>): ServerInterceptor {
  return (method, call) => {
    const take = takers.get(method.path);
    // Any implementation of the interface will do, though the type names one class.
    return (take === undefined ? call : take(call)) as ServerInterceptingCall;
  };
}
