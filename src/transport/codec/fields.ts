import type { Duration } from '@bufbuild/protobuf/wkt';
import { parseLeaseId } from '../../routing/lease-id.ts';
import { limits } from './limits.ts';
import { decodeDuration } from './time.ts';

/*
 * One check per kind of field. Each answers undefined where the field is in order, else one line that names it and the fix;
 * callers chain them with `??`, so that the first fault is told and a good request allocates nothing.
 */

type Fault = string | undefined;

/** The UTF-8 length is only counted where the text could be too long: no UTF-16 unit takes more than 3 bytes. */
function exceeds(value: string, maxBytes: number): boolean {
  return value.length * 3 > maxBytes && Buffer.byteLength(value) > maxBytes;
}

export function textFault(field: string, value: string, maxBytes: number = limits.textBytes): Fault {
  return exceeds(value, maxBytes)
    ? `${field}: ${Buffer.byteLength(value)} bytes, at most ${maxBytes}`
    : undefined;
}

export function requiredTextFault(field: string, value: string): Fault {
  return value === '' ? `${field}: empty, must be set` : textFault(field, value);
}

export function textsFault(
  field: string,
  values: readonly string[],
  maxCount = Number.POSITIVE_INFINITY,
): Fault {
  if (values.length > maxCount) return `${field}: ${values.length} entries, at most ${maxCount}`;
  for (let index = 0; index < values.length; index++) {
    if (exceeds(values[index]!, limits.textBytes)) return textFault(`${field}[${index}]`, values[index]!);
  }
  return undefined;
}

/** A lease id of ours may be longer than other ids; an empty one is in order here. */
export function leaseIdFault(field: string, id: string): Fault {
  if (!exceeds(id, limits.textBytes)) return undefined;
  if (!exceeds(id, limits.leaseIdBytes) && parseLeaseId(id) !== undefined) return undefined;
  return textFault(field, id);
}

export function requiredLeaseIdFault(field: string, id: string): Fault {
  return id === '' ? `${field}: empty, must be the id of a lease` : leaseIdFault(field, id);
}

/** What protobuf allows in a Duration, about 10,000 years. */
const maxSeconds = 315_576_000_000n;

export function durationFault(field: string, duration: Duration | undefined): Fault {
  if (duration === undefined) return undefined;
  const { seconds, nanos } = duration;
  if (seconds < 0n || nanos < 0) return `${field}: negative, must be 0 or more`;
  if (seconds > maxSeconds || nanos > 999_999_999) return `${field}: out of the range of a Duration`;
  return undefined;
}

/** A lease's life: unset or 0 for the default, else within the limits. */
export function ttlFault(field: string, ttl: Duration | undefined): Fault {
  const fault = durationFault(field, ttl);
  if (fault !== undefined) return fault;
  const ms = decodeDuration(ttl);
  if (ms === 0 || (ms >= limits.leaseTtlMinMs && ms <= limits.leaseTtlMaxMs)) return undefined;
  return `${field}: ${ms / 1000} s, must be 1 s to 1 h`;
}

/** Zero, the unset value, is in order here. */
export function enumFault(field: string, value: number, known: object): Fault {
  if (value === 0) return undefined;
  for (const number of Object.values(known)) if (number === value) return undefined;
  return `${field}: ${value} is none of its values`;
}

const maxCount = BigInt(Number.MAX_SAFE_INTEGER);

export function countFault(field: string, value: bigint): Fault {
  if (value < 0n) return `${field}: negative, must be 0 or more`;
  return value > maxCount ? `${field}: ${value}, at most 2^53 - 1` : undefined;
}

export function costFault(field: string, value: number | undefined): Fault {
  if (value === undefined || (value >= 0 && Number.isFinite(value))) return undefined;
  return `${field}: ${value}, must be a finite number of USD, 0 or more`;
}

const encoder = new TextEncoder();

/** The longest start of a text that fits into so many UTF-8 bytes, cut between characters. */
export function cutText(text: string, maxBytes: number): string {
  if (!exceeds(text, maxBytes)) return text;
  return text.slice(0, encoder.encodeInto(text, new Uint8Array(maxBytes)).read);
}
