import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

/** Takes over a call by its stream; answers false where it is to go the usual way. */
export type StreamTaker = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean;

/** Gives the streams of some paths to what takes them, before whoever listens to the session now; the others stay with those. */
export function takeStreams(session: ServerHttp2Session, takers: ReadonlyMap<string, StreamTaker>): void {
  const listeners = session.listeners('stream');
  session.removeAllListeners('stream');
  session.on('stream', (stream, headers, flags, rawHeaders) => {
    if (takers.get(headers[':path'] ?? '')?.(stream, headers) === true) return;
    for (const listener of listeners) listener.call(session, stream, headers, flags, rawHeaders);
  });
}
