import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { isPlainCall } from './stream-status.ts';

/** Takes over a call by its stream. */
export type StreamTaker = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/**
 * Gives the plain calls of some methods, by their paths, to what takes them. All others stay with who listens to the session now: grpc-js,
 * which knows compression, and what to say to calls that are none.
 */
export function takeStreams(session: ServerHttp2Session, takers: ReadonlyMap<string, StreamTaker>): void {
  const listeners = session.listeners('stream');
  session.removeAllListeners('stream');
  session.on('stream', (stream, headers, flags, rawHeaders) => {
    const take = takers.get(headers[':path'] ?? '');
    if (take !== undefined && isPlainCall(headers)) take(stream, headers);
    else for (const listener of listeners) listener.call(session, stream, headers, flags, rawHeaders);
  });
}
