import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Metadata, StatusObject } from '@grpc/grpc-js';
import { limits } from './codec/limits.ts';
import { codes } from './errors.ts';

/** How a call ended. */
export type CallStatus = Pick<StatusObject, 'code' | 'details'> & { readonly metadata?: Metadata | null };

const contentType = 'application/grpc+proto';
const headers = [':status', '200', 'content-type', contentType];
const headersOptions = { waitForTrailers: true, sendDate: false };
const okTrailers = { 'grpc-status': codes.ok, 'grpc-message': '' };
const statusOptions = { endStream: true, sendDate: false };
const millisecondsOf = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 } as const;
/** A timer of more than these 24 days would run at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Of a call whose time is up. */
export const deadlineExceeded: CallStatus = { code: codes.deadlineExceeded, details: 'Deadline exceeded' };

/** Of a call whose message is longer than what is read at all. */
export function oversizeStatus(bytes: number): CallStatus {
  const details = `Received message larger than max (${bytes} vs ${limits.messageBytes})`;
  return { code: codes.resourceExhausted, details };
}

/**
 * How long a call may take, in milliseconds, Infinity where its headers don't say. Undefined for a call that can't be served right on its
 * stream: one that is not gRPC, is compressed, or whose deadline can't be read.
 */
export function plainTimeoutMs(headers: IncomingHttpHeaders): number | undefined {
  const { 'content-type': type, 'grpc-encoding': encoding, 'grpc-timeout': timeout } = headers;
  if (type?.startsWith('application/grpc') !== true) return undefined;
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  return timeout === undefined ? Number.POSITIVE_INFINITY : parseTimeout(String(timeout));
}

function parseTimeout(timeout: string): number | undefined {
  const match = /^(\d{1,8})\s*([HMSmun])$/.exec(timeout);
  if (match === null) return undefined;
  const timeoutMs = Number(match[1]) * millisecondsOf[match[2] as keyof typeof millisecondsOf];
  return Math.min(Math.floor(timeoutMs), longestTimerMs);
}

/** Begins an answer that has messages. */
export function sendHeaders(stream: ServerHttp2Stream): void {
  stream.respond(headers, headersOptions);
}

/** Ends an answer whose headers are sent, after `last` where there is one. */
export function endWell(stream: ServerHttp2Stream, last?: Buffer): void {
  stream.on('wantTrailers', sendOkTrailers);
  if (last === undefined) stream.end();
  else stream.end(last);
}

/** Ends an answer with any status, at whatever point it is. */
export function endWith(stream: ServerHttp2Stream, status: CallStatus): void {
  const trailers = { ...statusTrailers(status), ...status.metadata?.toHttp2Headers() };
  if (stream.headersSent) {
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
  } else {
    stream.respond({ ':status': 200, 'content-type': contentType, ...trailers }, statusOptions);
  }
}

function statusTrailers({ code, details }: CallStatus): Record<string, string | number> {
  return { 'grpc-status': code, 'grpc-message': encodeURI(details) };
}

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(okTrailers);
}
