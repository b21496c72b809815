import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import type { Router } from '../routing/api.ts';
import { limits } from './codec/limits.ts';
import { releaseEndedStreams } from './ended-streams.ts';
import { type ServingOptions, unaryDefinition } from './grpc-service.ts';
import { createGrpcSockets } from './grpc-sockets.ts';
import type { HealthService } from './health.ts';
import { lightenSession } from './http2-sessions.ts';
import { bind } from './listen.ts';
import type { Listener } from './listener.ts';
import { type CallTaker, takeCalls } from './method-calls.ts';
import { PipelinedCall } from './pipelined-writes.ts';
import { createReflectionServices } from './reflection.ts';
import { createRouteService } from './route.ts';
import type { RouterRpcs } from './router-rpcs.ts';
import type { AnyUnaryRpc } from './rpc.ts';
import { StreamCall } from './stream-call.ts';
import { type StreamTaker, takeStreams } from './take-streams.ts';
import { unaryCalls } from './unary-call.ts';

export interface GrpcServerOptions extends ServingOptions {
  /** As `parseListenAddress` reads them; port 0 lets the system choose. */
  readonly addresses: readonly string[];
  readonly rpcs: RouterRpcs;
  readonly router: Pick<Router, 'abandon'>;
  readonly health: HealthService;
}

const channelOptions = {
  'grpc.max_receive_message_length': limits.messageBytes,
  // Statistics nobody reads, kept per call and per message.
  'grpc.enable_channelz': 0,
  // A caller whose machine is gone says no goodbye; its Route streams hold leases until somebody notices.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_concurrent_streams': 20_000,
} as const;

/** Opens the gRPC listener on all its addresses. Rejects with a ListenError if one of them can't be had, and leaves none open. */
export async function openGrpcServer(options: GrpcServerOptions): Promise<Listener> {
  const { rpcs, health, clock } = options;
  const route = createRouteService(options);
  const methods: Record<string, ServiceDefinition[string]> = { route: route.definition };
  const takers = new Map<string, CallTaker>([[route.definition.path, (call) => new PipelinedCall(call)]]);
  const streamTakers = new Map<string, StreamTaker>([[route.definition.path, route.open]]);
  for (const rpc of Object.values<AnyUnaryRpc>({ ...rpcs })) {
    const definition = unaryDefinition(rpc);
    const take = unaryCalls(rpc, options);
    methods[rpc.method.localName] = definition;
    takers.set(definition.path, take);
    streamTakers.set(definition.path, (stream, timeoutMs) =>
      take(new StreamCall(stream, timeoutMs, definition)).start(),
    );
  }
  const server = new Server({ ...channelOptions, interceptors: [takeCalls(takers)] });
  // The other methods' calls are taken before they would come to a handler.
  server.addService(methods, { route: route.handler });
  server.addService(health.definition, health.implementation);
  for (const reflection of createReflectionServices(options.faults)) {
    server.addService(reflection.definition, reflection.implementation);
  }

  const sockets = createGrpcSockets({
    injector: server.createConnectionInjector(ServerCredentials.createInsecure()),
    onSession(session) {
      lightenSession(session);
      takeStreams(session, streamTakers);
    },
  });
  const addresses: string[] = [];
  try {
    for (const address of options.addresses) {
      addresses.push(await bind(sockets.listener(), { address, setting: 'listen.grpc' }));
    }
  } catch (error) {
    sockets.stopAccepting();
    sockets.destroy();
    server.forceShutdown();
    throw error;
  }
  const keepStreams = releaseEndedStreams();

  function close(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      sockets.stopAccepting();
      route.drain();
      health.endWatches();
      const cut = clock.schedule(graceMs, () => sockets.destroy());
      sockets.onceEmpty(() => {
        cut.cancel();
        keepStreams();
        resolve();
      });
      // Tells every client to go elsewhere, and ends each connection after its last call. The callback comes too early: it
      // knows nothing of connections that grpc-js has not accepted itself.
      server.tryShutdown(() => undefined);
    });
  }
  let closing: Promise<void> | undefined;
  return {
    addresses,
    close({ graceMs }) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}
