import type { DescMessage, DescMethodUnary, Message, MessageShape } from '@bufbuild/protobuf';
import type { Awaitable } from '../ports/awaitable.ts';
import type { Call } from '../routing/api.ts';
import type { Refused } from './refused.ts';

/** A unary RPC, the same behind every protocol: reads the message, calls the use case, writes the answer. */
export interface UnaryRpc<I extends DescMessage = DescMessage, O extends DescMessage = DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  /** The largest request, in bytes of protobuf's binary form. */
  readonly maxBytes: number;
  /** Rejects, or throws, only for a fault of remora's own. What is known at once comes without a promise. */
  run(request: MessageShape<I>, call: Call): Awaitable<MessageShape<O> | Refused>;
}

/** An RPC that every request pays for: gRPC serves it in its binary form, without protobuf-es. */
export interface BinaryRpc<I extends DescMessage, O extends DescMessage, Answer> extends UnaryRpc<I, O> {
  readonly binary: BinaryForm<MessageShape<I>, Answer>;
}

/** An RPC from bytes to bytes. The answer is routing's own, which becomes no message on the way. */
export interface BinaryForm<Request = Message, Answer = unknown> {
  /** Throws for bytes that are no request. */
  read(bytes: Buffer): Request;
  /** As `run` of the RPC. */
  run(request: Request, call: Call): Awaitable<Answer | Refused>;
  write(answer: Answer): Buffer;
}

/** An RPC whose messages' types no longer matter, as the protocols serve it. */
export interface AnyUnaryRpc {
  readonly method: DescMethodUnary;
  readonly maxBytes: number;
  run(request: Message, call: Call): Awaitable<Message | Refused>;
  readonly binary?: BinaryForm;
}

/** Names a request that is too large, and the limit it breaks. */
export function oversize(rpc: AnyUnaryRpc, bytes: number): string {
  return `${rpc.method.name} request: ${bytes} bytes, at most ${rpc.maxBytes}`;
}
