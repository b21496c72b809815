import * as v from 'valibot';
import { parseListenAddress } from '../address.ts';
import { mismatch } from './mismatch.ts';
import { listOf } from './values.ts';

/** One or more addresses of either kind; a single one needs no list. */
export function listenAddresses() {
  return v.pipe(
    v.unknown(),
    v.transform((input): unknown => (typeof input === 'string' ? [input] : input)),
    listOf(anyAddress(), 'addresses'),
    v.minLength(1, 'is an empty list; expected at least one address'),
  );
}

/** host:port; a UNIX socket is for gRPC alone. */
export function tcpAddress() {
  return v.custom<string>(
    (input) => typeof input === 'string' && parseListenAddress(input)?.kind === 'tcp',
    mismatch('host:port, such as 127.0.0.1:9464 or [::1]:9464', { hint: everyInterface }),
  );
}

function anyAddress() {
  return v.custom<string>(
    (input) => typeof input === 'string' && parseListenAddress(input) !== undefined,
    mismatch('host:port or unix:/path, such as 127.0.0.1:50051 or unix:/run/remora.sock', {
      hint: everyInterface,
    }),
  );
}

function everyInterface(input: unknown): string | undefined {
  const port = typeof input === 'number' ? String(input) : input;
  if (typeof port !== 'string' || !/^(?:\*?:)?\d+$/.test(port)) return undefined;
  return `every interface is 0.0.0.0:${port.replace(/^\*?:/, '')}`;
}
