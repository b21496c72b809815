import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { WireWriter } from '../../../src/transport/codec/wire/writer.ts';

function written(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter();
  writer.begin();
  write(writer);
  return writer.finish();
}

test('what is written first stands last', () => {
  const bytes = written((writer) => {
    writer.true(0x10);
    writer.string(0x0a, 'ab');
  });
  expect([...bytes]).toEqual([0x0a, 2, 0x61, 0x62, 0x10, 1]);
});

test('a message measures what was written since its begin', () => {
  const bytes = written((writer) => {
    writer.true(0x18);
    const before = writer.size;
    writer.string(0x0a, 'x'.repeat(200));
    writer.message(0x12, before);
  });
  const reader = new BinaryReader(bytes);
  expect([reader.tag(), reader.uint32(), reader.tag(), reader.string()]).toEqual([
    [2, 2],
    203,
    [1, 2],
    'x'.repeat(200),
  ]);
  expect([...bytes.subarray(-2)]).toEqual([0x18, 1]);
});

test('nothing written is no bytes', () => {
  expect(written(() => undefined)).toHaveLength(0);
});

test('whole numbers of every size are written as they are read', () => {
  for (let bits = 0n; bits < 64n; bits++) {
    for (const value of [(1n << bits) - 1n, 1n << bits]) {
      const expected = new BinaryWriter().uint32(0x08).uint64(value).finish();
      expect(written((writer) => writer.int64(0x08, value))).toEqual(Buffer.from(expected));
      if (value > Number.MAX_SAFE_INTEGER) continue;
      expect(written((writer) => writer.int64(0x08, Number(value)))).toEqual(Buffer.from(expected));
    }
  }
});

test.each([1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1])('%d is no int32', (value) => {
  expect(() => written((writer) => writer.int32(0x08, value))).toThrow(RangeError);
});

test('the buffer grows wherever it is full: in a text, a length, a tag, a number', () => {
  for (let length = 4050; length < 4110; length++) {
    const text = 'x'.repeat(length);
    const bytes = written((writer) => {
      writer.string(0x52, text);
      for (let count = 0; count < 3; count++) writer.true(0x48);
      writer.int32(0x40, -1);
      writer.double(0x21, 1.7);
      writer.string(0x12, 'é');
      writer.int64(0x08, 2 ** 40);
    });
    const expected = new BinaryWriter()
      .uint32(0x08)
      .uint64(2n ** 40n)
      .uint32(0x12)
      .string('é');
    expected.uint32(0x21).double(1.7).uint32(0x40).int32(-1);
    for (let count = 0; count < 3; count++) expected.uint32(0x48).bool(true);
    expect(bytes.equals(expected.uint32(0x52).string(text).finish())).toBe(true);
  }
});
