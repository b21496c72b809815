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
    const expected = Buffer.concat(sent.map(framed));
    expect(batch.size).toBe(expected.length);
    taken.push([batch.take(), expected]);
    expect(batch.size).toBe(0);
  }
  // Looked at once all are there: what was handed out may not be written to again.
  for (const [bytes, expected] of taken) expect(bytes.equals(expected)).toBe(true);
});

test('batches that are filled at the same time do not write into each other', () => {
  const batches = Array.from({ length: 5 }, () => new FrameBatch());
  const waiting: Buffer[][] = batches.map(() => []);
  const taken: [Buffer, Buffer][] = [];
  for (let round = 0; round < 200; round += 1) {
    const sent = batches.map((_, index) => Buffer.alloc(100 + round, 16 * index + (round % 16)));
    for (const [index, batch] of batches.entries()) {
      batch.add(messageOf(sent[index]!));
      waiting[index]!.push(framed(sent[index]!));
      // Some stay for the next round.
      if (waiting[index]!.length <= index) continue;
      taken.push([batch.take(), Buffer.concat(waiting[index]!)]);
      waiting[index] = [];
    }
  }
  for (const [bytes, expected] of taken) expect(bytes.equals(expected)).toBe(true);
});

test('a batch without a frame can not be taken', () => {
  expect(() => new FrameBatch().take()).toThrow('without a frame');
});
