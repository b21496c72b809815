import type { Message } from '@bufbuild/protobuf';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../gen/health/v1/health_pb.ts';
import { RouterService } from '../../gen/remora/v1/router_pb.ts';
import { codes, grpcError } from './errors.ts';
import { type HandledCounter, methodDefinition, parserOf, serializerOf } from './grpc-service.ts';
import { Refused } from './refused.ts';

/** grpc.health.v1 for the server as a whole ('') and for RouterService. */
export interface HealthService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Tells who asks, and who watches, whether calls are welcome. It starts with false. */
  setServing(serving: boolean): void;
  /** Ends the watches, which would keep a draining server waiting. */
  endWatches(): void;
}

const services: readonly string[] = ['', RouterService.typeName];

type Watch = ServerWritableStream<HealthCheckRequest | Refused, HealthCheckResponse>;

/**
 * Written on the generated messages: the npm package `grpc-health-check` does the same by way of proto-loader and protobufjs,
 * which cost 7 MB of resident memory.
 */
export function createHealthService(counter: HandledCounter): HealthService {
  const { method } = Health;
  const count = {
    check: counter.handled(Health.typeName, method.check.name),
    list: counter.handled(Health.typeName, method.list.name),
    watch: counter.handled(Health.typeName, method.watch.name),
  };
  let status: ServingStatus = ServingStatus.NOT_SERVING;
  const watches = new Set<Watch>();

  const response = (value: ServingStatus): HealthCheckResponse => ({
    $typeName: 'grpc.health.v1.HealthCheckResponse',
    status: value,
  });

  const check: handleUnaryCall<HealthCheckRequest | Refused, Message> = ({ request }, respond) => {
    const refusal = request instanceof Refused ? request.refusal : refusalFor(request.service);
    if (refusal === undefined) {
      count.check(codes.ok);
      return respond(null, response(status));
    }
    const error = grpcError(refusal, 0);
    count.check(error.code);
    respond(error);
  };

  const list: handleUnaryCall<Message, Message> = (_call, respond) => {
    count.list(codes.ok);
    respond(null, {
      $typeName: 'grpc.health.v1.HealthListResponse',
      statuses: Object.fromEntries(services.map((name) => [name, response(status)])),
    } as Message);
  };

  const watch: handleServerStreamingCall<HealthCheckRequest | Refused, HealthCheckResponse> = (stream) => {
    const { request } = stream;
    if (request instanceof Refused) {
      const error = grpcError(request.refusal, 0);
      count.watch(error.code);
      stream.emit('error', error);
      return;
    }
    const known = services.includes(request.service);
    stream.once('cancelled', () => {
      if (watches.delete(stream)) count.watch(codes.cancelled);
    });
    watches.add(stream);
    // A service that is unknown now could become known, so its watch stays open; here it never does.
    stream.write(response(known ? status : ServingStatus.SERVICE_UNKNOWN));
  };

  return {
    definition: {
      check: methodDefinition(method.check, {
        parse: parserOf(method.check.input),
        serialize: serializerOf(method.check.output),
      }),
      list: methodDefinition(method.list, {
        parse: parserOf(method.list.input),
        serialize: serializerOf(method.list.output),
      }),
      watch: methodDefinition(method.watch, {
        parse: parserOf(method.watch.input),
        serialize: serializerOf(method.watch.output),
      }),
    },
    implementation: { check, list, watch } as UntypedServiceImplementation,
    setServing(serving) {
      const next = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      if (next === status) return;
      status = next;
      for (const stream of watches) {
        if (services.includes((stream.request as HealthCheckRequest).service)) stream.write(response(status));
      }
    },
    endWatches() {
      for (const stream of watches) {
        watches.delete(stream);
        count.watch(codes.ok);
        stream.end();
      }
    },
  };
}

function refusalFor(service: string): Refused['refusal'] | undefined {
  return services.includes(service) ? undefined : { kind: 'not_found', message: 'service: not known here' };
}
