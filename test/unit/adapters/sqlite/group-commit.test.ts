import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../../src/adapters/sqlite/group-commit.ts';

/** A group commit that notes its batches, answers each item with its upper case, and fails batches that hold "bad". */
function createCommits(maxBatch = 100) {
  const batches: string[][] = [];
  const commits = new GroupCommit<string, string>({
    maxBatch,
    write(batch) {
      batches.push([...batch]);
      if (batch.includes('bad')) throw new Error('no commit');
      return batch.map((item) => item.toUpperCase());
    },
  });
  return { batches, commits };
}

describe('a group commit', () => {
  it('writes what one turn added together, off the stack of those who added it', async () => {
    const { batches, commits } = createCommits();
    const answers = Promise.all(['a', 'b', 'c'].map((item) => commits.add(item)));
    await Promise.resolve();
    expect(batches).toEqual([]);
    expect(await answers).toEqual(['A', 'B', 'C']);
    expect(batches).toEqual([['a', 'b', 'c']]);
  });

  it('leaves what is beyond its bound to the next turns, in order', async () => {
    const { batches, commits } = createCommits(2);
    const answers = Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => commits.add(item)));
    await nextTurn();
    expect(batches).toEqual([['a', 'b']]);
    expect(await answers).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('rejects the batch that failed and no other', async () => {
    const { commits } = createCommits(2);
    const settled = await Promise.allSettled(['a', 'b', 'c', 'bad', 'd'].map((item) => commits.add(item)));
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await commits.add('e')).toBe('E');
  });

  it('writes all that is pending when flushed, and nothing twice', async () => {
    const { batches, commits } = createCommits(2);
    const answers = Promise.all(['a', 'b', 'c'].map((item) => commits.add(item)));
    commits.flush();
    expect(batches).toEqual([['a', 'b'], ['c']]);
    expect(await answers).toEqual(['A', 'B', 'C']);
    await nextTurn();
    expect(batches).toHaveLength(2);
    expect(await commits.add('d')).toBe('D');
  });
});
