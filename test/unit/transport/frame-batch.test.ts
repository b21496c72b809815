import { expect, test } from 'vitest';
import { createRandom } from '../../../bench/simulation/random.ts';
import { FrameBatch } from '../../../src/transport/frame-batch.ts';
import { framed } from '../../../src/transport/frames.ts';

/** A message of these bytes. */
function messageOf(bytes: Buffer) {
  return { size: bytes.length, copyTo: (target: Buffer, at: number) => void bytes.copy(target, at) };
}

test('gives the frames one after the other, of any size and in batches of any number', () => {
  const random = createRandom(5);
  const batch = new FrameBatch();
  const taken: [Buffer, Buffer][] = [];
  for (let round = 0; round < 400; round += 1) {
    const sent = Array.from({ length: 1 + random.below(20) }, () =>
      Buffer.alloc(random.pick([0, 1, 90, 300, 5_000, 70_000]), random.below(256)),
    );
    for (const bytes of sent) batch.add(messageOf(bytes));
    expect(batch.count).toBe(sent.length);
    const expected = Buffer.concat(sent.map(framed));
    expect(batch.size).toBe(expected.length);
    taken.push([batch.take(), expected]);
    expect([batch.count, batch.size]).toEqual([0, 0]);
  }
  // Looked at once all are there: what was handed out may not be written to again.
  for (const [bytes, expected] of taken) expect(bytes.equals(expected)).toBe(true);
});

test('batches that are filled at the same time do not write into each other', () => {
  const batches = Array.from({ length: 5 }, () => new FrameBatch());
  const taken: [Buffer, Buffer][] = [];
  for (let round = 0; round < 200; round += 1) {
    const sent = batches.map((_, index) => Buffer.alloc(100 + round, 16 * index + (round % 16)));
    for (const [index, batch] of batches.entries()) batch.add(messageOf(sent[index]!));
    // Some stay for the next round.
    for (const [index, batch] of batches.entries()) {
      if (batch.count < 1 + index) continue;
      const frames = Array.from({ length: batch.count }, (_, back) => {
        const then = round - (batch.count - 1 - back);
        return framed(Buffer.alloc(100 + then, 16 * index + (then % 16)));
      });
      taken.push([batch.take(), Buffer.concat(frames)]);
    }
  }
  for (const [bytes, expected] of taken) expect(bytes.equals(expected)).toBe(true);
});

test('a batch without a frame can not be taken', () => {
  expect(() => new FrameBatch().take()).toThrow('without a frame');
});
