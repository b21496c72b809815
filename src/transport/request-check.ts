import { type DescField, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { limits } from './codec/limits.ts';

/*
 * Two things that Connect takes more lightly than the gRPC listener does: a binary message that can't be read is INTERNAL to
 * it, and an enum value by a name that does not exist counts as unset in JSON where unknown fields are ignored. Both are the
 * caller's fault and are told so.
 */

export interface BodyForm {
  readonly schema: DescMessage;
  readonly json: boolean;
  /** Whether a 5-byte frame header comes first, as in gRPC-Web. */
  readonly framed: boolean;
}

const frameHeaderBytes = 5;

/** What is wrong with a request's whole body, in one line; undefined where nothing is, or where Connect says it well itself. */
export function bodyFault(body: Uint8Array, { schema, json, framed }: BodyForm): string | undefined {
  const payload = framed ? body.subarray(frameHeaderBytes) : body;
  if (json) return enumNameFault(schema, parsed(payload));
  try {
    fromBinary(schema, payload);
    return undefined;
  } catch {
    return `request: not a ${schema.typeName} in protobuf's binary form`;
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}

function enumNameFault(schema: DescMessage, value: unknown, path = ''): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, entry] of Object.entries(value)) {
    const field = schema.fields.find(({ jsonName, name }) => key === jsonName || key === name);
    const fault = field === undefined ? undefined : fieldFault(field, entry, path + field.name);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function fieldFault(field: DescField, value: unknown, path: string): string | undefined {
  if (field.message !== undefined) {
    if (!Array.isArray(value)) return enumNameFault(field.message, value, `${path}.`);
    for (const entry of value) {
      const fault = enumNameFault(field.message, entry, `${path}.`);
      if (fault !== undefined) return fault;
    }
  } else if (field.enum !== undefined && typeof value === 'string') {
    const known = field.enum.values.some(({ name }) => name === value);
    if (!known) return `${path}: "${value.slice(0, limits.textBytes)}" is none of its values`;
  }
  return undefined;
}
