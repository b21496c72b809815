import { describe, expect, test } from 'vitest';
import { passOver } from '../../../src/transport/codec/wire/pass-over.ts';
import { WireFault, WireReader } from '../../../src/transport/codec/wire/reader.ts';

const reader = (...bytes: number[]) => new WireReader(Buffer.from(bytes));
const all = (count: number, byte: number): number[] => Array<number>(count).fill(byte);

describe('a tag', () => {
  test.each<[string, number[], number]>([
    ['of one byte', [0x0a], 0x0a],
    ['of two bytes', [0x82, 0x01], 0x82],
    ['longer than it needs to be', [0x8a, 0x80, 0x00], 0x0a],
    ['with the largest field number', [0xf8, 0xff, 0xff, 0xff, 0x0f], 2 ** 32 - 8],
  ])('%s is read', (_name, bytes, tag) => {
    expect(reader(...bytes).tag()).toBe(tag);
  });

  test.each<[string, number[]]>([
    ['of field 0', [0x02]],
    ['of field 0 in two bytes', [0x82, 0x00]],
    ['of wire type 6', [0x0e]],
    ['of wire type 7', [0x0f]],
    ['beyond 32 bits', [0xf8, 0xff, 0xff, 0xff, 0x1f]],
    ['of six bytes', [0x8a, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['cut off', [0x8a]],
    ['that is missing', []],
  ])('%s is refused', (_name, bytes) => {
    expect(() => reader(...bytes).tag()).toThrow(WireFault);
  });
});

describe('a varint', () => {
  test('is a number as long as that is exact', () => {
    expect(reader(...all(7, 0xff), 0x0f).uint64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(reader(...all(7, 0x80), 0x10).uint64()).toBe(2n ** 53n);
    expect(reader(...all(9, 0xff), 0x01).uint64()).toBe(2n ** 64n - 1n);
  });

  test('keeps 64 bits of what ten bytes hold, and 32 where it is one of 32', () => {
    expect(reader(...all(9, 0xff), 0x7f).int64()).toBe(-1n);
    expect(reader(...all(9, 0xff), 0x7f).int32()).toBe(-1);
    expect(reader(...all(9, 0x80), 0x00).uint64()).toBe(0);
  });

  test.each([11, 12])('of %i bytes is refused', (size) => {
    const bytes = [...all(size - 1, 0x80), 0];
    expect(() => reader(...bytes).uint64()).toThrow(WireFault);
    expect(() => reader(...bytes).uint32()).toThrow(WireFault);
  });

  test('other than 0 is true, however it is written', () => {
    expect([[0], [1], [2], [0x80, 0], [0x80, 1]].map((bytes) => reader(...bytes).bool())).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
  });
});

describe('text', () => {
  test('that is not UTF-8 is refused, short and long', () => {
    expect(() => reader(1, 0xff).string()).toThrow();
    expect(() => reader(40, ...all(39, 0x61), 0xc3).string()).toThrow();
  });

  test('keeps a byte order mark', () => {
    expect(reader(3, 0xef, 0xbb, 0xbf).string()).toBe('\ufeff');
  });

  test('may not reach beyond the end', () => {
    expect(() => reader(2, 0x61).string()).toThrow(WireFault);
    expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 0x61).string()).toThrow(WireFault);
  });
});

describe('an unknown field', () => {
  const skipped = (depth: number, tag: number, ...bytes: number[]): number => {
    const read = reader(...bytes);
    passOver(read, tag, depth);
    return read.pos;
  };

  test('is passed over, whatever its wire type', () => {
    expect(skipped(1, 0x78, 0x80, 0x01, 9)).toBe(2);
    expect(skipped(1, 0x79, ...all(9, 0))).toBe(8);
    expect(skipped(1, 0x7a, 2, 7, 7, 9)).toBe(3);
    expect(skipped(1, 0x7d, ...all(5, 0))).toBe(4);
    expect(skipped(1, 0x7b, 0x08, 0x05, 0x0b, 0x0c, 0x7c, 9)).toBe(5);
  });

  test.each<[string, number, number[]]>([
    ['too few bytes of 64 bits', 0x79, all(7, 0)],
    ['too few bytes of 32 bits', 0x7d, all(3, 0)],
    ['a length beyond the end', 0x7a, [2, 0]],
    ['a varint beyond the end', 0x78, [0x80]],
    ['a group without an end', 0x7b, [0x08, 0x05]],
    ["another group's end", 0x7b, [0x74]],
    ['an end without a group', 0x7c, []],
  ])('with %s is refused', (_name, tag, bytes) => {
    expect(() => skipped(1, tag, ...bytes)).toThrow(WireFault);
  });

  test('may be groups in groups, up to a hundred with the messages around them', () => {
    const nested = (groups: number) => [...all(groups - 1, 0x7b), ...all(groups, 0x7c)];
    expect(skipped(1, 0x7b, ...nested(99))).toBe(197);
    expect(() => skipped(1, 0x7b, ...nested(100))).toThrow(WireFault);
    expect(() => skipped(2, 0x7b, ...nested(99))).toThrow(WireFault);
  });
});
