import { expect, test } from 'vitest';
import { createRandom } from '../../../bench/simulation/random.ts';
import { FrameReader, framed } from '../../../src/transport/frames.ts';

/** A reader, and what it told. */
function createReader(maxBytes = 1_000_000) {
  const messages: Buffer[] = [];
  const oversizes: number[] = [];
  const reader = new FrameReader({
    maxBytes,
    onMessage: (bytes, start, end) => messages.push(Buffer.from(bytes.subarray(start, end))),
    onOversize: (bytes) => oversizes.push(bytes),
  });
  return { reader, messages, oversizes };
}

test('finds the same messages however the bytes are cut', () => {
  const random = createRandom(11);
  for (let round = 0; round < 300; round += 1) {
    const sent = Array.from({ length: 1 + random.below(8) }, () =>
      Buffer.from(Array.from({ length: random.pick([0, 1, 4, 5, 60, 700]) }, () => random.below(256))),
    );
    const bytes = Buffer.concat(sent.map(framed));
    const { reader, messages } = createReader();
    for (let at = 0; at < bytes.length; ) {
      const length = random.pick([1, 3, 7, 200, 5_000]);
      reader.push(bytes.subarray(at, at + length));
      at += length;
    }
    expect(messages).toEqual(sent);
  }
});

test('tells of nothing while held, and of all that came once released', () => {
  const { reader, messages } = createReader();
  reader.hold();
  reader.push(Buffer.concat([framed(Buffer.from('a')), framed(Buffer.from('b'))]));
  reader.push(framed(Buffer.from('c')));
  expect(messages).toEqual([]);
  reader.release();
  expect(messages.map(String)).toEqual(['a', 'b', 'c']);
});

test('can be held by who is told of a message, in the middle of a chunk', () => {
  const told: string[] = [];
  const reader = new FrameReader({
    maxBytes: 10,
    onMessage(bytes, start, end) {
      told.push(bytes.toString('utf8', start, end));
      if (told.length === 1) reader.hold();
    },
    onOversize: () => undefined,
  });
  reader.push(Buffer.concat([framed(Buffer.from('a')), framed(Buffer.from('b'))]));
  expect(told).toEqual(['a']);
  reader.release();
  expect(told).toEqual(['a', 'b']);
});

test('reads no further than a length beyond the limit', () => {
  const { reader, messages, oversizes } = createReader(3);
  reader.push(Buffer.concat([framed(Buffer.from('abc')), framed(Buffer.from('abcd')).subarray(0, 5)]));
  reader.push(framed(Buffer.from('abc')));
  expect(messages.map(String)).toEqual(['abc']);
  expect(oversizes).toEqual([4]);
});

test('a message of many chunks is put together without copying each chunk anew', () => {
  const { reader, messages } = createReader(8_000_000);
  const sent = Buffer.alloc(4_000_000, 'x');
  const bytes = framed(sent);
  // Copied at each chunk these would be 64 GB.
  for (let at = 0; at < bytes.length; at += 128) reader.push(bytes.subarray(at, at + 128));
  expect(messages).toHaveLength(1);
  expect(messages[0]!.equals(sent)).toBe(true);
});
