import { describe, expect, it } from 'vitest';
import { type CallAnswer, CallBatches } from '../../../../src/adapters/redis/call-batches.ts';
import type { Reply, RunScript, ScriptCall } from '../../../../src/adapters/redis/calls.ts';
import type { DroppedReplies } from '../../../../src/adapters/redis/reply.ts';
import { StateUnavailableError } from '../../../../src/ports/state-unavailable.ts';

interface Ask {
  readonly nowMs: number;
  readonly name: string;
}

/** Batches of calls whose scripts `answer` stands in for. */
function batchesWith(answer: (call: ScriptCall) => Reply | Promise<Reply>) {
  const calls: ScriptCall[] = [];
  const dropped: DroppedReplies[] = [];
  const run: RunScript = async (call, read) => {
    calls.push(call);
    return read(await answer(call));
  };
  const batches = new CallBatches<Ask, CallAnswer>({
    run,
    operation: 'claim',
    script: 'claim',
    head: ['me', 7],
    args: ({ name }) => [name, `${name}!`],
    read: (got, { name }) => {
      if (name === 'unreadable') throw new TypeError('what is that?');
      return got;
    },
    drop: (leases) => dropped.push(leases),
  });
  const askAll = (names: readonly string[]) =>
    Promise.allSettled(names.map((name, index) => batches.ask({ nowMs: 1_000 + index, name })));
  return { batches, askAll, calls, dropped };
}

/** A line for each call: its name. */
const lines = ({ args }: ScriptCall) =>
  args
    .slice(3)
    .filter((_, index) => index % 2 === 0)
    .join('\n');

const done = (value: unknown) => ({ status: 'fulfilled', value });
const failed = (reason: unknown) => ({ status: 'rejected', reason });

describe('batches of calls', () => {
  it('send what is asked in one turn as one script, and hand each its own answer', async () => {
    const { askAll, calls } = batchesWith(lines);
    expect(await askAll(['a', 'b', 'c'])).toEqual([done('a'), done('b'), done('c')]);
    expect(calls).toEqual([
      { operation: 'claim', script: 'claim', args: [1_000, 'me', 7, 'a', 'a!', 'b', 'b!', 'c', 'c!'] },
    ]);
  });

  it('send what is asked in another turn by itself', async () => {
    const { askAll, calls } = batchesWith(lines);
    await askAll(['a']);
    await askAll(['b']);
    expect(calls.map(({ args }) => args.slice(3))).toEqual([
      ['a', 'a!'],
      ['b', 'b!'],
    ]);
  });

  it('never put more than 32 calls into a script', async () => {
    const { askAll, calls } = batchesWith(lines);
    const names = Array.from({ length: 70 }, (_, index) => `n${index}`);
    expect(await askAll(names)).toEqual(names.map(done));
    expect(calls.map(({ args }) => (args.length - 3) / 2)).toEqual([32, 32, 6]);
  });

  it('hand lists to the calls whose lines are empty, then tell of the leases that were over', async () => {
    const over = [[['acc', '1']], [['acc', 2, 0, '0', ['lu', '5']]], '9'];
    const { askAll, dropped } = batchesWith(() => ['\nline\n', [['none', '1'], ['stale']], ...over]);
    expect(await askAll(['a', 'b', 'c'])).toEqual([done(['none', '1']), done('line'), done(['stale'])]);
    expect(dropped).toEqual([
      {
        leases: [{ accountId: 'acc', standing: true }],
        accounts: [{ accountId: 'acc', inFlight: 2, sessions: 0, oldestSessionMs: 0, fields: ['lu', '5'] }],
        stamp: 9,
      },
    ]);
  });

  it('fail the one call that failed there, or can not be read here', async () => {
    const { askAll } = batchesWith(() => ['\nx\ny', [['error', 'WRONGTYPE']], [], [], '0']);
    const outcomes = await askAll(['a', 'unreadable', 'c']);
    expect(outcomes).toEqual([
      failed(new StateUnavailableError('redis, claim: WRONGTYPE')),
      failed(new TypeError('what is that?')),
      done('y'),
    ]);
  });

  it('fail together where the script does', async () => {
    const away = new StateUnavailableError('redis, claim: away');
    const { askAll } = batchesWith(() => Promise.reject(away));
    expect(await askAll(['a', 'b'])).toEqual([failed(away), failed(away)]);
  });

  it('are done with before their callers hear of it, and answered in their place where they failed', async () => {
    const { batches } = batchesWith(() => ['\nx\ny', [['error', 'WRONGTYPE']], [], [], '0']);
    const heard: unknown[] = [];
    const ends = {
      done: (result: CallAnswer, { name }: Ask) => void heard.push([name, result]),
      failed: (error: unknown, { name }: Ask): CallAnswer => {
        heard.push([name, error]);
        if (error instanceof TypeError) throw error;
        return 'instead';
      },
    };
    const asked = ['a', 'unreadable', 'c'].map((name) => batches.ask({ nowMs: 1, name }, ends));
    const outcomes = Promise.allSettled(asked.map((call) => call.finally(() => heard.push('told'))));
    expect(await outcomes).toEqual([done('instead'), failed(new TypeError('what is that?')), done('y')]);
    expect(heard).toEqual([
      ['a', new StateUnavailableError('redis, claim: WRONGTYPE')],
      ['unreadable', new TypeError('what is that?')],
      ['c', 'y'],
      ...Array(3).fill('told'),
    ]);
  });

  it('are answered in their place where the script fails', async () => {
    const { batches } = batchesWith(() => Promise.reject(new StateUnavailableError('away')));
    const ends = { done: () => undefined, failed: (_: unknown, { name }: Ask) => `${name} instead` };
    const asked = ['a', 'b'].map((name) => batches.ask({ nowMs: 1, name }, ends));
    expect(await Promise.all(asked)).toEqual(['a instead', 'b instead']);
  });
});
