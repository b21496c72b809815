import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Call } from '../routing/api.ts';
import { codes } from './errors.ts';

/** What a handler may see of a unary call. */
type Underlying = Pick<ServerUnaryCall<unknown, unknown>, 'cancelled' | 'getDeadline' | 'once' | 'off'>;

/**
 * A grpc-js call as the use cases see it: nothing is allocated or subscribed until somebody wants to hear of the
 * cancellation, which only a wait does.
 */
export class GrpcCall implements Call {
  readonly #call: Underlying;

  constructor(call: Underlying) {
    this.#call = call;
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }

  /** A listener that comes too late still runs, soon. */
  onCancel(listener: () => void): () => void {
    const call = this.#call;
    if (call.cancelled) queueMicrotask(listener);
    else call.once('cancelled', listener);
    return () => call.off('cancelled', listener);
  }

  /**
   * The status of a call that was cancelled: grpc-js tells a passed deadline in the same way. It took the deadline from the
   * machine's clock, so that is the one to hold against it.
   */
  get cancelCode(): number {
    const deadline = this.#call.getDeadline();
    return Number(deadline) <= Date.now() ? codes.deadlineExceeded : codes.cancelled;
  }
}
