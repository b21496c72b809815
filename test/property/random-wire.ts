import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Draws } from './random.ts';

/** Text of every kind that an encoder treats apart; some of it no valid UTF-16. */
const texts = [
  '',
  'a',
  'claude-sonnet-4-5',
  'l1mi7a0q2xAbCdEfGhIjKl.MTM6NTphY2NvdW50LTAwMDAwZ3JvdXBjbGF1ZGUtc29ubmV0LTQtNQ',
  'x'.repeat(79),
  'x'.repeat(80),
  'x'.repeat(81),
  'x'.repeat(127),
  'x'.repeat(128),
  `${'x'.repeat(78)}é`,
  'é',
  'naïve café',
  '模型',
  '🚀 up',
  'é'.repeat(64),
  '模'.repeat(6000),
  'y'.repeat(20_000),
  '\u0000\u007f\u0080\u07ff\u0800\uffff',
  '\ufeffmarked',
  '\ud800',
  'cut \udc00 short \ud83d',
  '__proto__',
  'constructor',
  '7',
];

export function randomText(draws: Draws): string {
  if (draws.chance(0.1)) return draws.pick(texts) + draws.pick(texts);
  // The two long ones are slow, so they come seldom.
  const text = draws.pick(texts);
  return text.length > 1000 && draws.chance(0.9) ? '' : text;
}

/** An int32, often one at the edge of something. */
export function randomInt32(draws: Draws): number {
  const edges = [0, 1, -1, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 28, 2 ** 31 - 1, -(2 ** 31)];
  return draws.chance(0.8) ? draws.pick(edges) : (draws.next() * 2 ** 32) | 0;
}

const longs = [
  0n,
  1n,
  127n,
  128n,
  2n ** 28n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 56n,
  2n ** 63n - 1n,
];

/** 64 bits without a sign. */
export function randomUint64(draws: Draws): bigint {
  const at = draws.pick([...longs, 2n ** 64n - 1n, 2n ** 63n]);
  return draws.chance(0.8) ? at : BigInt.asUintN(64, at - BigInt(draws.below(1000)));
}

export function randomDouble(draws: Draws): number {
  const edges = [0, -0, 1, 1.7, -1, 5e-324, 1e308, Number.NaN, Number.POSITIVE_INFINITY, -0.1];
  return draws.chance(0.8) ? draws.pick(edges) : draws.next();
}

/** Fields with any number, mostly known ones, in any order, with values of any wire type: nested messages and groups too. */
export function randomFields(draws: Draws, depth = 0): Uint8Array {
  const writer = new BinaryWriter();
  for (let left = draws.below(6); left > 0; left--) {
    const number = draws.chance(0.9) ? 1 + draws.below(14) : draws.pick([15, 16, 2047, 2048, 2 ** 29 - 1]);
    const kind = draws.below(depth > 3 ? 5 : 8);
    if (kind === 0) writer.tag(number, WireType.Varint).uint64(randomUint64(draws));
    else if (kind === 1) writer.tag(number, WireType.Bit64).double(randomDouble(draws));
    else if (kind === 2) writer.tag(number, WireType.Bit32).fixed32(draws.below(1000));
    else if (kind < 5) writer.tag(number, WireType.LengthDelimited).string(randomText(draws));
    else if (kind < 7) writer.tag(number, WireType.LengthDelimited).bytes(randomFields(draws, depth + 1));
    else {
      writer.tag(number, WireType.StartGroup).raw(randomFields(draws, depth + 1));
      writer.tag(number, WireType.EndGroup);
    }
  }
  return writer.finish();
}

/** The bytes after some accidents: parts lost, doubled, overwritten, put in. */
export function damaged(draws: Draws, whole: Buffer): Buffer {
  let bytes = whole;
  for (let left = 1 + draws.below(3); left > 0; left--) {
    const at = draws.below(bytes.length + 1);
    const to = at + draws.below(bytes.length + 1 - at);
    const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    const accident = draws.below(5);
    if (accident === 0) bytes = before;
    else if (accident === 1) bytes = Buffer.concat([before, after]);
    else if (accident === 2) bytes = Buffer.concat([before, part, part, after]);
    else if (accident === 3) {
      bytes = Buffer.concat([before, Buffer.from([draws.pick([0, 4, 7, 0x0f, 0x7f, 0x80, 0xff])]), after]);
    } else {
      bytes = Buffer.from(bytes);
      if (at < bytes.length) bytes[at] = draws.below(256);
    }
  }
  return bytes;
}
