/*
 * Just enough of protobuf's binary form to find one field of an answer and to frame a call. Decoding whole messages would make
 * the client as slow as the server it measures.
 */

/** The last value of a length-delimited field (message, string or bytes); undefined where there is none. */
export function bytesField(message: Buffer, number: number): Buffer | undefined {
  let found: Buffer | undefined;
  eachField(message, (field, start, end) => {
    if (field === number && start >= 0) found = message.subarray(start, end);
  });
  return found;
}

/** The last value of a varint field up to 2^53; 0 where there is none. */
export function varintField(message: Buffer, number: number): number {
  let found = 0;
  eachField(message, (field, start, value) => {
    if (field === number && start < 0) found = value;
  });
  return found;
}

/** How many bytes a varint takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

/** Answers where the next byte goes. */
export function writeVarint(target: Buffer, at: number, value: number): number {
  let to = at;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[to++] = (rest % 128) | 128;
  target[to++] = rest;
  return to;
}

/** `start` is where the content begins and `end` where it ends; for a varint `start` is -1 and `end` its value. */
function eachField(message: Buffer, visit: (field: number, start: number, end: number) => void): void {
  const { length } = message;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < length; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new Error('a message that ends within a field');
  };
  while (at < length) {
    const tag = varint();
    const field = tag >>> 3;
    switch (tag & 7) {
      case 0:
        visit(field, -1, varint());
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const end = varint() + at;
        visit(field, at, end);
        at = end;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`a field of wire type ${tag & 7}`);
    }
  }
}
