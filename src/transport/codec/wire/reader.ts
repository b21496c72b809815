import { asciiText } from './ascii-text.ts';
import { knownText } from './known-texts.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are no message: an overrun, a bad tag, a varint without an end. Callers are told in the transport's own words. */
export class WireFault extends Error {}

/**
 * Reads protobuf's binary form field by field. It takes and refuses what protobuf-es does, since other protocols of the same
 * port read with that: a known field is read as its type says, whatever its wire type; a length is held to the end of the
 * whole, not to that of the message around it; text must be UTF-8.
 */
export class WireReader {
  readonly bytes: Buffer;
  pos: number;
  /** Where the whole ends. */
  readonly limit: number;

  /** Reads what stands from `start` to `limit`: a part of a buffer is cheaper told so than made a buffer of its own. */
  constructor(bytes: Buffer, start = 0, limit: number = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.limit = limit;
  }

  /** A field's number and wire type, as `number << 3 | type`. */
  tag(): number {
    const { bytes, pos } = this;
    if (pos < this.limit) {
      const first = bytes[pos]!;
      if (first < 0x80 && first > 7 && (first & 7) < 6) {
        this.pos = pos + 1;
        return first;
      }
    }
    const tag = this.uint32();
    const size = this.pos - pos;
    if (size > 5 || (size === 5 && bytes[this.pos - 1]! > 0x0f)) throw new WireFault('a tag beyond 32 bits');
    if (tag < 8 || (tag & 7) > 5) throw new WireFault('a tag without field or wire type');
    return tag;
  }

  /** Reads the length that stands before an embedded message; answers where that ends. */
  end(): number {
    return this.uint32() + this.pos;
  }

  /** What a longer varint says beyond 32 bits is dropped. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WireFault('a varint without an end');
  }

  /** Of an enum's value, too. */
  int32(): number {
    return this.uint32() | 0;
  }

  /** A bigint only where a number would not be exact. What a varint says beyond 64 bits is dropped. */
  uint64(): number | bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low;
    }
    let middle = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      middle |= (byte & 0x7f) << shift;
      if (byte < 0x80) return wide(low, middle, 0);
    }
    const ninth = this.byte();
    if (ninth < 0x80) return wide(low, middle, ninth);
    const tenth = this.byte();
    if (tenth < 0x80) return wide(low, middle, (ninth & 0x7f) | ((tenth & 1) << 7));
    throw new WireFault('a varint without an end');
  }

  int64(): bigint {
    const value = this.uint64();
    return typeof value === 'number' ? BigInt(value) : BigInt.asIntN(64, value);
  }

  bool(): boolean {
    return this.uint64() !== 0;
  }

  double(): number {
    const { pos } = this;
    if (pos + 8 > this.limit) throw new WireFault('a double beyond the end');
    this.pos = pos + 8;
    return this.bytes.readDoubleLE(pos);
  }

  /** Throws for what is not UTF-8. */
  string(): string {
    const length = this.uint32();
    const { bytes, pos } = this;
    const end = pos + length;
    if (end > this.limit) throw new WireFault('text beyond the end');
    this.pos = end;
    if (length === 0) return '';
    for (let at = pos; at < end; at++) if (bytes[at]! > 0x7f) return utf8.decode(bytes.subarray(pos, end));
    return asciiText(bytes, pos, end);
  }

  /** As `string`, for a text that many messages have: the name of a group, a model, a user. */
  name(): string {
    const { pos } = this;
    const length = this.uint32();
    const end = this.pos + length;
    const known = end > this.limit ? undefined : knownText(this.bytes, this.pos, end);
    if (known === undefined) {
      this.pos = pos;
      return this.string();
    }
    this.pos = end;
    return known;
  }

  /** One byte of a varint. */
  byte(): number {
    if (this.pos >= this.limit) throw new WireFault('a varint beyond the end');
    return this.bytes[this.pos++]!;
  }
}

/** A varint's value from 28 bits, 28 bits and 8 bits. */
function wide(low: number, middle: number, high: number): number | bigint {
  if (high === 0 && middle < 2 ** 25) return low + middle * 2 ** 28;
  return (BigInt(high) << 56n) | (BigInt(middle) << 28n) | BigInt(low);
}
