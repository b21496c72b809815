import * as v from 'valibot';
import { parseListenAddress } from '../address.ts';
import { mismatch } from './mismatch.ts';
import { listOf } from './values.ts';

/** One or more addresses; a single one needs no list. */
export function listenAddresses() {
  return v.pipe(
    v.unknown(),
    v.transform((input): unknown => (typeof input === 'string' ? [input] : input)),
    listOf(listenAddress(), 'addresses'),
    v.minLength(1, 'is an empty list; expected at least one address'),
  );
}

/** One address. */
export function listenAddress() {
  return v.custom<string>(
    (input) => typeof input === 'string' && parseListenAddress(input) !== undefined,
    mismatch('host:port or unix:/path, such as 127.0.0.1:50051 or unix:/run/remora.sock', {
      hint: everyInterface,
    }),
  );
}

/** The fix where only a port is given, or a host that stands for every interface in some other tool. */
function everyInterface(input: unknown): string | undefined {
  const port = typeof input === 'number' ? String(input) : input;
  if (typeof port !== 'string' || !/^(?:\*?:)?\d+$/.test(port)) return undefined;
  return `every interface is 0.0.0.0:${port.replace(/^\*?:/, '')}`;
}
