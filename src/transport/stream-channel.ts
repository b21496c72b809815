import type { ServerHttp2Stream } from 'node:http2';
import { limits } from './codec/limits.ts';
import { type RouteAnswer, writeRouteAnswer } from './codec/write-answers.ts';
import { codes } from './errors.ts';
import { FrameReader, framed } from './frames.ts';
import type { RouteMessage } from './route.ts';
import type { RouteChannel, RouteListener } from './route-channel.ts';
import {
  type CallStatus,
  deadlineExceeded,
  endWell,
  endWith,
  oversizeStatus,
  sendHeaders,
} from './stream-status.ts';

const unheard = (): void => undefined;

/**
 * A Route stream right on its HTTP/2 stream. grpc-js gives each message a promise, a place in two queues and a turn of its own;
 * here the messages of a chunk are told one after the other, and the answers of one turn leave as one.
 * Measured in alternation, 256 calls in flight: 7.1 us of the server's CPU a call against 10.0.
 */
export class StreamChannel implements RouteChannel {
  readonly #stream: ServerHttp2Stream;
  /** Infinity: no deadline. */
  readonly #timeoutMs: number;
  readonly #frames: FrameReader;
  #listener: RouteListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Answers of this turn. */
  #waiting: Buffer[] = [];
  /** Answers handed to HTTP/2 that are not on their way. */
  #leaving = 0;
  #ended = false;

  constructor(stream: ServerHttp2Stream, timeoutMs: number, parse: (bytes: Buffer) => RouteMessage) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
    this.#frames = new FrameReader({
      maxBytes: limits.messageBytes,
      onMessage: (bytes) => this.#listener?.message(parse(bytes)),
      onOversize: (bytes) => this.#giveUp(oversizeStatus(bytes)),
    });
  }

  get unread(): number {
    return this.#waiting.length + this.#leaving;
  }

  listen(listener: RouteListener): void {
    this.#listener = listener;
    const stream = this.#stream;
    // What went wrong with a stream, its 'close' follows from.
    stream.on('error', unheard);
    stream.on('close', () => {
      clearTimeout(this.#timer);
      this.#ended = true;
      listener.lost();
    });
    stream.on('end', () => listener.halfClosed());
    stream.on('data', (chunk: Buffer) => {
      if (!this.#ended) this.#frames.push(chunk);
    });
    if (this.#timeoutMs !== Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.#giveUp(deadlineExceeded), this.#timeoutMs);
  }

  write(answer: RouteAnswer): void {
    if (this.#ended) return;
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    this.#waiting.push(framed(writeRouteAnswer(answer)));
  }

  pause(): void {
    this.#frames.hold();
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
    this.#frames.release();
  }

  end(): void {
    if (!this.#finish()) return;
    // Without an answer there are no headers yet.
    if (this.#stream.headersSent) endWell(this.#stream);
    else endWith(this.#stream, { code: codes.ok, details: '' });
  }

  fail(status: CallStatus): void {
    if (this.#finish()) endWith(this.#stream, status);
  }

  /** Sends what is waiting and nothing after it. Answers whether there is a stream to end. */
  #finish(): boolean {
    this.#flush();
    if (this.#ended) return false;
    this.#ended = true;
    clearTimeout(this.#timer);
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  #flush(): void {
    const { length } = this.#waiting;
    if (length === 0 || this.#ended) return;
    const frames = this.#waiting;
    this.#waiting = [];
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (!stream.headersSent) sendHeaders(stream);
    this.#leaving += length;
    stream.write(length === 1 ? frames[0] : Buffer.concat(frames), () => {
      this.#leaving -= length;
      this.#listener?.drained();
    });
  }

  /** Ends a stream that is of no use any more to its client. */
  #giveUp(status: CallStatus): void {
    this.fail(status);
    this.#listener?.lost();
  }
}
