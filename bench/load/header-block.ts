export interface RequestHeaders {
  readonly path: string;
  readonly authority: string;
}

/**
 * The header block of a gRPC call in HPACK (RFC 7541): indexed where the static table has the pair, else literals that no table
 * remembers and nothing compresses, so that one block is good for every call to the same method.
 */
export function encodeHeaderBlock({ path, authority }: RequestHeaders): Buffer {
  return Buffer.concat([
    // :method POST, :scheme http
    Buffer.from([0x83, 0x86]),
    // :path and :authority by their index, content-type by its own
    Buffer.from([0x04]),
    literal(path),
    Buffer.from([0x01]),
    literal(authority),
    Buffer.from([0x0f, 31 - 15]),
    literal('application/grpc'),
    Buffer.from([0x00]),
    literal('te'),
    literal('trailers'),
  ]);
}

/** A text without Huffman coding. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const { length } = bytes;
  if (length < 127) return Buffer.concat([Buffer.from([length]), bytes]);
  const head = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>>= 7) head.push((rest & 127) | 128);
  head.push(rest);
  return Buffer.concat([Buffer.from(head), bytes]);
}
