import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Clock } from '../ports/clock.ts';
import type { FaultLog } from './fault-log.ts';
import { invalid, type Refused } from './refused.ts';
import { type AnyUnaryRpc, type BinaryForm, oversize } from './rpc.ts';

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
const readOptions = { readUnknownFields: false } as const;

/** Writes messages of one type into a Buffer, which grpc-js asks for, without a copy. */
export function serializerOf<D extends DescMessage>(schema: D): (message: MessageShape<D>) => Buffer {
  return (message) => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** Reads messages of one type. What can't be read is no INTERNAL error, as grpc-js would have it, but a Refused. */
export function parserOf<D extends DescMessage>(schema: D): (bytes: Buffer) => MessageShape<D> | Refused {
  return parserBy(schema, (bytes) => fromBinary(schema, bytes, readOptions));
}

/** `read` throws for what can't be read. */
function parserBy<T>({ typeName }: DescMessage, read: (bytes: Buffer) => T): (bytes: Buffer) => T | Refused {
  return (bytes) => {
    try {
      return read(bytes);
    } catch {
      return unreadable(typeName);
    }
  };
}

/** Refuses bytes that are no message of the type. */
export function unreadable(typeName: string): Refused {
  return invalid(`request: not a ${typeName} in protobuf's binary form`);
}

/** How gRPC reads, runs and writes an RPC: in its own binary form where it has one. */
export function binaryForm(rpc: AnyUnaryRpc): BinaryForm {
  if (rpc.binary !== undefined) return rpc.binary;
  const { input, output } = rpc.method;
  const write = serializerOf(output);
  return {
    read: (bytes) => fromBinary(input, bytes, readOptions),
    run: (request, call) => rpc.run(request, call),
    write: (answer) => write(answer as Message),
  };
}

export function unaryDefinition(rpc: AnyUnaryRpc): MethodDefinition<Message | Refused, unknown> {
  const { read, write } = binaryForm(rpc);
  const parse = parserBy(rpc.method.input, read);
  return methodDefinition(rpc.method, {
    parse: (bytes) => (bytes.length > rpc.maxBytes ? invalid(oversize(rpc, bytes.length)) : parse(bytes)),
    serialize: write,
  });
}
