import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { RouteAnswer } from './codec/write-answers.ts';
import type { RouteMessage } from './route.ts';
import type { CallStatus } from './stream-status.ts';

/** Hears of a Route stream what comes on it. */
export interface RouteListener {
  message(message: RouteMessage): void;
  /** Answers have left. */
  drained(): void;
  /** The client sends no more. */
  halfClosed(): void;
  /** The client is gone, or its time is up. May come after every end, too. */
  lost(): void;
}

/** The messages and answers of one Route stream, whoever carries them. */
export interface RouteChannel {
  /** Begins to read. */
  listen(listener: RouteListener): void;
  /** Takes the answer whatever is unread. */
  write(answer: RouteAnswer): void;
  /** The answers that the client, or the network, has not taken yet, as a share of what may lie here: from 1 on no more should come. */
  readonly unread: number;
  /** No message is told of until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the stream well, after its answers. */
  end(): void;
  /** Ends the stream with an error, after its answers. */
  fail(status: CallStatus): void;
}

/** Answers that may lie unread on a stream of grpc-js, which counts them and not their bytes. */
const maxUnreadAnswers = 256;

/** A Route stream that grpc-js carries. */
export function duplexChannel(duplex: ServerDuplexStream<RouteMessage, RouteAnswer>): RouteChannel {
  return {
    listen(listener) {
      duplex.on('data', (message: RouteMessage) => listener.message(message));
      duplex.on('drain', () => listener.drained());
      duplex.once('end', () => listener.halfClosed());
      duplex.once('cancelled', () => listener.lost());
    },
    write: (answer) => void duplex.write(answer),
    get unread() {
      return duplex.writableLength / maxUnreadAnswers;
    },
    pause: () => void duplex.pause(),
    resume: () => void duplex.resume(),
    end: () => void duplex.end(),
    fail: (status) => void duplex.emit('error', status),
  };
}
