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

/** An RPC whose messages' types no longer matter, as the protocols serve it. */
export interface AnyUnaryRpc {
  readonly method: DescMethodUnary;
  readonly maxBytes: number;
  run(request: Message, call: Call): Awaitable<Message | Refused>;
}

/** Names a request that is too large, and the limit it breaks. */
export function oversize(rpc: AnyUnaryRpc, bytes: number): string {
  return `${rpc.method.name} request: ${bytes} bytes, at most ${rpc.maxBytes}`;
}
