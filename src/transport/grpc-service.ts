import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { handleUnaryCall, MethodDefinition, sendUnaryData } from '@grpc/grpc-js';
import type { Awaitable } from '../ports/awaitable.ts';
import type { Clock } from '../ports/clock.ts';
import { codeOf, codes, grpcError, grpcInternalError } from './errors.ts';
import type { FaultLog } from './fault-log.ts';
import { GrpcCall } from './grpc-call.ts';
import { invalid, Refused } from './refused.ts';
import { type AnyUnaryRpc, oversize } from './rpc.ts';

/** Counts finished calls; resolves the counters of a method beforehand. */
export interface HandledCounter {
  handled(service: string, method: string): (code: number) => void;
}

export interface ServingOptions {
  readonly counter: HandledCounter;
  readonly faults: FaultLog;
  readonly clock: Clock;
}

/** What grpc-js needs to know of a method. */
export function methodDefinition<Request, Response>(
  method: DescMethod,
  codec: { parse(bytes: Buffer): Request; serialize(message: Response): Buffer },
): MethodDefinition<Request, Response> {
  const unused = (): never => {
    throw new Error('a server neither writes requests nor reads responses');
  };
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: unused,
    requestDeserialize: codec.parse,
    responseSerialize: codec.serialize,
    responseDeserialize: unused,
  };
}

/** Fields that this version does not know are skipped, not carried along. */
export const readOptions = { readUnknownFields: false } as const;

/** Writes messages of one type into a Buffer, which grpc-js asks for, without a copy. */
export function serializerOf<D extends DescMessage>(schema: D): (message: MessageShape<D>) => Buffer {
  return (message) => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** Reads messages of one type. What can't be read is no INTERNAL error, as grpc-js would have it, but a Refused. */
export function parserOf<D extends DescMessage>(schema: D): (bytes: Buffer) => MessageShape<D> | Refused {
  return (bytes) => {
    try {
      return fromBinary(schema, bytes, readOptions);
    } catch {
      return invalid(`request: not a ${schema.typeName} in protobuf's binary form`);
    }
  };
}

export function unaryDefinition(rpc: AnyUnaryRpc): MethodDefinition<Message | Refused, Message> {
  const parse = parserOf(rpc.method.input);
  return methodDefinition(rpc.method, {
    parse: (bytes) => (bytes.length > rpc.maxBytes ? invalid(oversize(rpc, bytes.length)) : parse(bytes)),
    serialize: serializerOf(rpc.method.output),
  });
}

/** Serves a unary RPC: one object and one promise more per call than a bare handler has. */
export function unaryHandler(
  rpc: AnyUnaryRpc,
  { counter, faults, clock }: ServingOptions,
): handleUnaryCall<Message | Refused, Message> {
  const count = counter.handled(rpc.method.parent.typeName, rpc.method.name);

  const answer = (call: GrpcCall, respond: sendUnaryData<Message>, message: Message | Refused): void => {
    // Nobody is there to answer, and grpc-js has let go of the call by itself.
    if (call.cancelled) {
      count(call.cancelCode);
    } else if (message instanceof Refused) {
      count(codeOf(message.refusal));
      respond(grpcError(message.refusal, clock.now()));
    } else {
      count(codes.ok);
      respond(null, message);
    }
  };
  const fail = (call: GrpcCall, respond: sendUnaryData<Message>, error: unknown): void => {
    faults.fault(rpc.method.name, error);
    count(call.cancelled ? call.cancelCode : codes.internal);
    // Without effect on a call that is gone.
    respond(grpcInternalError());
  };

  return (grpcCall, respond) => {
    const call = new GrpcCall(grpcCall);
    const { request } = grpcCall;
    if (request instanceof Refused) return answer(call, respond, request);
    let message: Awaitable<Message | Refused>;
    try {
      message = rpc.run(request, call);
    } catch (error) {
      return fail(call, respond, error);
    }
    if (!(message instanceof Promise)) return answer(call, respond, message);
    message.then(
      (answered) => answer(call, respond, answered),
      (error: unknown) => fail(call, respond, error),
    );
  };
}
