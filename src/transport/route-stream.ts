import type { ReportResultRequest } from '../../gen/remora/v1/router_pb.ts';
import { type Awaitable, andThen } from '../ports/awaitable.ts';
import type { ReportAnswer, Router } from '../routing/api.ts';
import { Cancellation } from './cancellation.ts';
import type { RouteId } from './codec/read-route.ts';
import type { RouteResult, SelectAnswer } from './codec/write-answers.ts';
import { codes, grpcError, routeError, routeInternalError } from './errors.ts';
import type { ServingOptions } from './grpc-service.ts';
import { draining, Refused } from './refused.ts';
import type { RouteMessage } from './route.ts';
import type { RouteChannel } from './route-channel.ts';
import { RouteLeases } from './route-leases.ts';
import type { RouterRpcs } from './router-rpcs.ts';

/*
 * One Route stream, from its first message to its end:
 *
 *   open -> half-closed (the client sends no more; calls in flight are still answered) -> ended, leases released
 *   open or half-closed -> lost (connection gone, or cancelled): leases released, waits cancelled
 *   open -> draining (the sidecar stops): new calls are refused, calls in flight answered -> ended, leases kept
 *
 * Reading pauses while too many calls are in flight or too many answers are unread, so what one stream can hold in memory is
 * bounded whatever the client does.
 */

/** Calls in flight per stream. Far above what keeps a core busy, far below what memory minds. */
export const maxInFlight = 1000;

export interface RouteStreamOptions extends Pick<ServingOptions, 'faults' | 'clock'> {
  readonly channel: RouteChannel;
  readonly rpcs: RouterRpcs;
  readonly router: Pick<Router, 'abandon'>;
  /** Runs once, with the status the stream ended with. */
  onEnd(code: number): void;
}

export class RouteStream {
  readonly #options: RouteStreamOptions;
  readonly #call = new Cancellation();
  readonly #leases: RouteLeases;
  #inFlight = 0;
  #paused = false;
  #halfClosed = false;
  /** The client ended the stream by itself, not because the sidecar drains. */
  #clientLeft = false;
  #draining = false;
  #ended = false;

  constructor(options: RouteStreamOptions) {
    this.#options = options;
    const { channel, faults, router } = options;
    this.#leases = new RouteLeases((leaseIds) => {
      router.abandon(leaseIds).catch((error: unknown) => faults.fault('Route', error));
    });
    channel.listen({
      message: (message) => this.#take(message),
      drained: () => this.#resume(),
      halfClosed: () => {
        this.#halfClosed = true;
        this.#clientLeft = !this.#draining;
        this.#endIfDone();
      },
      lost: () => this.#lost(),
    });
  }

  drain(): void {
    this.#draining = true;
    this.#endIfDone();
  }

  #take(message: RouteMessage): void {
    if (this.#draining) {
      this.#write(message.id, errorOf(draining));
      return;
    }
    this.#inFlight++;
    let result: Awaitable<RouteResult>;
    try {
      result = this.#run(message.call);
    } catch (error) {
      this.#fail(message.id, error);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#answer(message.id, result);
      return;
    }
    result.then(
      (value) => this.#answer(message.id, value),
      (error: unknown) => this.#fail(message.id, error),
    );
    if (this.#inFlight >= maxInFlight) this.#pause();
  }

  #run(call: RouteMessage['call']): Awaitable<RouteResult> {
    if (call instanceof Refused) return errorOf(call);
    const { rpcs } = this.#options;
    switch (call.case) {
      case 'select':
        return andThen(rpcs.select.binary.run(call.value, this.#call), this.#selected);
      case 'report':
        return this.#report(call.value);
      case 'renew':
        return andThen(rpcs.renew.run(call.value, this.#call), (answer) =>
          answer instanceof Refused ? errorOf(answer) : { case: 'renew', value: answer },
        );
      default:
        throw new Error('a Route message without a call is refused where it is read');
    }
  }

  readonly #selected = (answer: SelectAnswer | Refused): RouteResult => {
    if (answer instanceof Refused) return errorOf(answer);
    if (answer.kind === 'selection') this.#leases.granted(answer.selection.lease.id);
    return { case: 'select', value: answer };
  };

  #report(request: ReportResultRequest): Awaitable<RouteResult> {
    const { leaseId } = request;
    const own = this.#leases.reportBegins(leaseId);
    const answered = (answer: ReportAnswer | Refused): RouteResult => {
      const refused = answer instanceof Refused;
      if (own) this.#leases.reportEnded(leaseId, !refused);
      if (refused) return errorOf(answer);
      if (answer.next?.kind === 'selection') this.#leases.granted(answer.next.selection.lease.id);
      return { case: 'report', value: answer };
    };
    const failed = (error: unknown): never => {
      if (own) this.#leases.reportEnded(leaseId, false);
      throw error;
    };
    let answer: Awaitable<ReportAnswer | Refused>;
    try {
      answer = this.#options.rpcs.report.binary.run(request, this.#call);
    } catch (error) {
      return failed(error);
    }
    return answer instanceof Promise ? answer.then(answered, failed) : answered(answer);
  }

  #answer(id: RouteId, result: RouteResult): void {
    this.#inFlight--;
    this.#write(id, result);
    this.#resume();
    this.#endIfDone();
  }

  #fail(id: RouteId, error: unknown): void {
    this.#options.faults.fault('Route', error);
    this.#answer(id, { case: 'error', value: routeInternalError() });
  }

  #write(id: RouteId, result: RouteResult): void {
    if (this.#ended) return;
    const { channel } = this.#options;
    channel.write({ id, result });
    if (channel.unread >= 1) this.#pause();
  }

  #pause(): void {
    this.#paused = true;
    this.#options.channel.pause();
  }

  /** Half of each limit is free before reading goes on: turning it on and off at every call would cost more than the call. */
  #resume(): void {
    if (!this.#paused || this.#ended) return;
    const { channel } = this.#options;
    if (this.#inFlight > maxInFlight / 2 || channel.unread > 1 / 2) return;
    this.#paused = false;
    channel.resume();
  }

  #endIfDone(): void {
    if (this.#ended || this.#inFlight > 0) return;
    if (this.#halfClosed) {
      this.#finish(codes.ok);
      this.#options.channel.end();
      this.#releaseUnlessDraining();
    } else if (this.#draining) {
      this.#finish(codes.unavailable);
      this.#options.channel.fail(grpcError(draining.refusal, this.#options.clock.now()));
    }
  }

  /** Comes after every end, too, when there is nothing left to do. */
  #lost(): void {
    if (this.#ended) return;
    this.#finish(codes.cancelled);
    this.#call.cancel();
    this.#releaseUnlessDraining();
  }

  /** A client that loses its stream to the sidecar's own drain goes on elsewhere with its leases. */
  #releaseUnlessDraining(): void {
    if (this.#clientLeft || !this.#draining) this.#leases.release();
  }

  #finish(code: number): void {
    this.#ended = true;
    this.#options.onEnd(code);
  }
}

function errorOf(refused: Refused): RouteResult {
  return { case: 'error', value: routeError(refused.refusal) };
}
