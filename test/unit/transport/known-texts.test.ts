import { expect, test } from 'vitest';
import { knownText } from '../../../src/transport/codec/wire/known-texts.ts';
import { WireFault, WireReader } from '../../../src/transport/codec/wire/reader.ts';

const read = (text: string) => {
  const bytes = Buffer.from(text);
  return knownText(Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')]), 1, 1 + bytes.length);
};

test('a text is what its bytes say, however many share its place in turn', () => {
  // Five times as many as there are places.
  const names = Array.from({ length: 5_000 }, (_, index) => `user-${index}`);
  for (let round = 0; round < 3; round += 1) for (const name of names) expect(read(name)).toBe(name);
  expect(read('')).toBe('');
  expect(read('\0\x7f')).toBe('\0\x7f');
});

test('texts that are long, or not ASCII, are left to others', () => {
  expect(read('x'.repeat(64))).toBe('x'.repeat(64));
  expect(read('x'.repeat(65))).toBeUndefined();
  expect(read('gr\u00fcppe')).toBeUndefined();
});

test.each(['', 'group', 'x'.repeat(64), 'x'.repeat(65), 'gr\u00fcppe', '\u{1f980}'])(
  'a name reads as any text does: %j',
  (text) => {
    const bytes = Buffer.concat([
      Buffer.from([Buffer.byteLength(text)]),
      Buffer.from(text),
      Buffer.from([8]),
    ]);
    const reader = new WireReader(bytes);
    expect(reader.name()).toBe(text);
    expect(reader.tag()).toBe(8);
  },
);

test('a name beyond the end, or not UTF-8, is refused', () => {
  expect(() => new WireReader(Buffer.from([3, 97, 98])).name()).toThrow(WireFault);
  expect(() => new WireReader(Buffer.from([1, 0xff])).name()).toThrow(TypeError);
});
