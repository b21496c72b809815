import type { ServerHttp2Stream } from 'node:http2';
import { limits } from './codec/limits.ts';
import { codes } from './errors.ts';
import { FrameReader, framed } from './frames.ts';
import {
  type CallStatus,
  deadlineExceeded,
  endWell,
  endWith,
  oversizeStatus,
  sendHeaders,
} from './stream-status.ts';

/** As much of a method's definition as a call needs. */
export interface MessageCodec {
  requestDeserialize(bytes: Buffer): unknown;
  responseSerialize(message: unknown): Buffer;
}

/** Hears of a call what it needs to. */
export interface StreamCallListener {
  onReceiveMessage(message: unknown): void;
  onReceiveHalfClose(): void;
  /** The call was ended with this status before its message was there. */
  onRefused(code: number): void;
  onCancel(): void;
}

const unheard = (): void => undefined;

/**
 * A call of one message and one answer, right on its HTTP/2 stream. grpc-js's own keeps queues for messages, a decoder for any number
 * of them, and maps of metadata that no RPC here looks at. Measured in alternation at full load: 26.5 us of the server's CPU a call
 * against 35.5, 13 kB of garbage against 22; one at a time, a select answered in 125 us against 145.
 */
export class StreamCall {
  readonly #stream: ServerHttp2Stream;
  readonly #codec: MessageCodec;
  /** Infinity: no deadline. */
  readonly #timeoutMs: number;
  #listener: StreamCallListener | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #answer: Buffer | undefined;
  #ended = false;

  constructor(stream: ServerHttp2Stream, timeoutMs: number, codec: MessageCodec) {
    this.#stream = stream;
    this.#codec = codec;
    this.#timeoutMs = timeoutMs;
  }

  start(listener: StreamCallListener): void {
    this.#listener = listener;
    const stream = this.#stream;
    const frames = new FrameReader({
      maxBytes: limits.messageBytes,
      onMessage: (bytes, start, end) => this.#receive(bytes.subarray(start, end)),
      onOversize: (bytes) => this.#refuse(oversizeStatus(bytes)),
    });
    // What went wrong with a stream, its 'close' follows from.
    stream.on('error', unheard);
    stream.on('close', () => this.#close());
    stream.on('end', () => {
      if (!this.#ended) listener.onReceiveHalfClose();
    });
    stream.on('data', (chunk: Buffer) => {
      if (!this.#ended) frames.push(chunk);
    });
    if (this.#timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#deadline = Date.now() + this.#timeoutMs;
    this.#timer = setTimeout(() => this.#expire(), this.#timeoutMs);
  }

  /** Messages come by themselves: they are small, and a call has one. */
  startRead(): void {}

  getDeadline(): number {
    return this.#deadline;
  }

  /** Kept until the status comes: they leave together. */
  sendMessage(message: unknown): void {
    if (this.#isOver()) return;
    try {
      this.#answer = framed(this.#codec.responseSerialize(message));
    } catch {
      this.sendStatus({ code: codes.internal, details: 'Error serializing response' });
    }
  }

  sendStatus(status: CallStatus): void {
    if (this.#isOver()) return;
    this.#ended = true;
    if (this.#answer === undefined || status.code !== codes.ok) {
      endWith(this.#stream, status);
    } else {
      sendHeaders(this.#stream);
      endWell(this.#stream, this.#answer);
    }
  }

  #isOver(): boolean {
    return this.#ended || this.#stream.destroyed || this.#stream.closed;
  }

  #receive(bytes: Buffer): void {
    if (this.#ended) return;
    let message: unknown;
    try {
      message = this.#codec.requestDeserialize(bytes);
    } catch {
      this.#refuse({ code: codes.internal, details: 'Error deserializing request' });
      return;
    }
    this.#listener?.onReceiveMessage(message);
  }

  #refuse(status: CallStatus): void {
    this.sendStatus(status);
    this.#listener?.onRefused(status.code);
  }

  #expire(): void {
    this.sendStatus(deadlineExceeded);
    this.#listener?.onCancel();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#listener?.onCancel();
  }
}
