import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { plainTimeoutMs } from './stream-status.ts';

/** Takes over a call by its stream; `timeoutMs` is how long it may take, Infinity where that is not said. */
export type StreamTaker = (stream: ServerHttp2Stream, timeoutMs: number) => void;

/**
 * Gives the plain calls of some methods, by their paths, to what takes them. All others stay with who listens to the session now: grpc-js,
 * which knows compression, and what to say to calls that are none.
 */
export function takeStreams(session: ServerHttp2Session, takers: ReadonlyMap<string, StreamTaker>): void {
  const listeners = session.listeners('stream');
  session.removeAllListeners('stream');
  session.on('stream', (stream, headers, flags, rawHeaders) => {
    const take = takers.get(headers[':path'] ?? '');
    const timeoutMs = take && plainTimeoutMs(headers);
    if (take !== undefined && timeoutMs !== undefined) take(stream, timeoutMs);
    else for (const listener of listeners) listener.call(session, stream, headers, flags, rawHeaders);
  });
}
