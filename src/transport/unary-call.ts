import type { Message } from '@bufbuild/protobuf';
import type { Awaitable } from '../ports/awaitable.ts';
import { Cancellation } from './cancellation.ts';
import { codeOf, codes, grpcError, grpcInternalError } from './errors.ts';
import { binaryForm, type ServingOptions } from './grpc-service.ts';
import { Refused } from './refused.ts';
import type { AnyUnaryRpc, BinaryForm } from './rpc.ts';
import type { CallStatus } from './stream-status.ts';

/** What all calls of one RPC have in common. */
interface UnaryServing extends Pick<ServingOptions, 'faults' | 'clock'> {
  readonly name: string;
  readonly run: BinaryForm['run'];
  /** Counts a finished call. */
  readonly count: (code: number) => void;
}

/** As much of a call as a unary one needs: grpc-js's own, or one right on its stream. */
export interface TransportCall {
  start(listener: UnaryCall): void;
  startRead(): void;
  /** `callback` is run once the message has left, or not at all. */
  sendMessage(message: unknown, callback: () => void): void;
  sendStatus(status: CallStatus): void;
  getDeadline(): Date | number;
}

/** What takes the calls of an RPC, whoever carries them. */
export function unaryCalls(
  rpc: AnyUnaryRpc,
  { counter, faults, clock }: ServingOptions,
): (transport: TransportCall) => UnaryCall {
  const count = counter.handled(rpc.method.parent.typeName, rpc.method.name);
  const serving = { name: rpc.method.name, run: binaryForm(rpc).run, count, faults, clock };
  return (transport) => new UnaryCall(serving, transport);
}

const ok = { code: codes.ok, details: 'OK', metadata: null };
const written = (): void => undefined;

/**
 * One unary call, from its headers to its answer, whoever carries it. Behind grpc-js it stands where grpc-js's own handling would: that
 * makes a Writable stream for each call, and ends a call only when its message has left, so that message and status take a turn
 * of the event loop each. Here they leave together.
 */
class UnaryCall {
  readonly #serving: UnaryServing;
  readonly #transport: TransportCall;
  readonly #caller = new Cancellation();
  #request: Message | Refused | undefined;

  constructor(serving: UnaryServing, transport: TransportCall) {
    this.#serving = serving;
    this.#transport = transport;
  }

  /** Begins to read. The listener that grpc-js passes here, its own handling, hears of nothing. */
  start(): void {
    this.#transport.start(this);
  }

  onReceiveMetadata(): void {
    this.#transport.startRead();
  }

  onReceiveMessage(message: Message | Refused): void {
    if (this.#request === undefined) {
      this.#request = message;
      this.#transport.startRead();
    } else {
      this.#unimplemented('a unary call has one message, this has more');
    }
  }

  onReceiveHalfClose(): void {
    const request = this.#request;
    if (request === undefined) this.#unimplemented('a unary call has one message, this has none');
    else if (request instanceof Refused) this.#answer(request);
    else this.#run(request);
  }

  onRefused(code: number): void {
    this.#serving.count(code);
  }

  /** Comes after every end, too, when there is nobody left to tell. */
  onCancel(): void {
    this.#caller.cancel();
  }

  #run(request: Message): void {
    let answer: Awaitable<unknown>;
    try {
      answer = this.#serving.run(request, this.#caller);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (answer instanceof Promise) {
      answer.then(
        (message) => this.#answer(message),
        (error: unknown) => this.#fail(error),
      );
    } else {
      this.#answer(answer);
    }
  }

  #answer(message: unknown): void {
    const { count, clock } = this.#serving;
    // Nobody is there to answer, and grpc-js has let go of the call by itself.
    if (this.#caller.cancelled) {
      count(this.#cancelCode);
    } else if (message instanceof Refused) {
      count(codeOf(message.refusal));
      this.#transport.sendStatus(grpcError(message.refusal, clock.now()));
    } else {
      count(codes.ok);
      this.#transport.sendMessage(message, written);
      this.#transport.sendStatus(ok);
    }
  }

  #fail(error: unknown): void {
    const { faults, name, count } = this.#serving;
    faults.fault(name, error);
    count(this.#caller.cancelled ? this.#cancelCode : codes.internal);
    // Without effect on a call that is gone.
    this.#transport.sendStatus(grpcInternalError());
  }

  #unimplemented(details: string): void {
    this.#serving.count(codes.unimplemented);
    this.#transport.sendStatus({ code: codes.unimplemented, details, metadata: null });
  }

  /**
   * The status of a call that was cancelled: grpc-js tells a passed deadline in the same way. It took the deadline from the
   * machine's clock, so that is the one to hold against it.
   */
  get #cancelCode(): number {
    return Number(this.#transport.getDeadline()) <= Date.now() ? codes.deadlineExceeded : codes.cancelled;
  }
}
