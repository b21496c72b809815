import type { ServerHttp2Session } from 'node:http2';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { ConnectionInjector } from '@grpc/grpc-js';
import { sessionOf } from './http2-sessions.ts';

/** The sockets in front of a gRPC server. */
export interface GrpcSockets {
  /** A listener, yet to be bound, that hands its connections over. */
  listener(): NetServer;
  /** Accepts nothing more and ends the connections that have not said a word. */
  stopAccepting(): void;
  /** Ends every connection now. */
  destroy(): void;
  /** Runs `listener` once no connection is open any more, soon if none is now. */
  onceEmpty(listener: () => void): void;
}

export interface GrpcSocketsOptions {
  readonly injector: Pick<ConnectionInjector, 'injectConnection'>;
  /** Told of each HTTP/2 session before it has read anything, where this Node shows it. Default: nobody is. */
  readonly onSession?: (session: ServerHttp2Session) => void;
  /** A client speaks first in HTTP/2, and at once; a connection that has not by then is none of ours. Default 20 s. */
  readonly silenceTimeoutMs?: number;
}

/**
 * Accepts connections for a gRPC server. A connection gets its HTTP/2 session with its first bytes: until then it costs a
 * socket and nothing more, so that thousands of idle or forgotten ones, and TCP health checks, are cheap.
 */
export function createGrpcSockets({
  injector,
  onSession = () => undefined,
  silenceTimeoutMs = 20_000,
}: GrpcSocketsOptions): GrpcSockets {
  const listeners: NetServer[] = [];
  const silent = new Set<Socket>();
  const speaking = new Set<Socket>();
  let whenEmpty: (() => void)[] = [];

  function accept(socket: Socket): void {
    const destroy = (): void => {
      socket.destroy();
    };
    const hello = (): void => {
      // Without bytes to read the event tells of the end.
      if (socket.readableLength === 0) {
        destroy();
        return;
      }
      silent.delete(socket);
      speaking.add(socket);
      socket.setTimeout(0);
      socket.off('timeout', destroy);
      injector.injectConnection(socket);
      const session = sessionOf(socket);
      if (session !== undefined) onSession(session);
    };
    silent.add(socket);
    socket.once('close', () => {
      silent.delete(socket);
      speaking.delete(socket);
      tellIfEmpty();
    });
    // A reset is followed by 'close', where it is dealt with.
    socket.on('error', () => undefined);
    socket.setTimeout(silenceTimeoutMs);
    socket.once('timeout', destroy);
    socket.once('readable', hello);
  }

  function tellIfEmpty(): void {
    if (silent.size + speaking.size > 0) return;
    const told = whenEmpty;
    whenEmpty = [];
    for (const listener of told) listener();
  }

  return {
    listener() {
      const listener = createServer({ noDelay: true }, accept);
      listeners.push(listener);
      return listener;
    },
    stopAccepting() {
      for (const listener of listeners) listener.close();
      for (const socket of silent) socket.destroy();
    },
    destroy() {
      for (const socket of [...silent, ...speaking]) socket.destroy();
    },
    onceEmpty(listener) {
      whenEmpty.push(listener);
      queueMicrotask(tellIfEmpty);
    },
  };
}
