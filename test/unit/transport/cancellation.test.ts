import { expect, test, vi } from 'vitest';
import { Cancellation } from '../../../src/transport/cancellation.ts';

test('tells everybody who wanted to hear of it, once', () => {
  const caller = new Cancellation();
  const listener = vi.fn();
  caller.onCancel(listener);
  caller.onCancel(listener);
  expect(caller.cancelled).toBe(false);
  caller.cancel();
  caller.cancel();
  expect(caller.cancelled).toBe(true);
  expect(listener).toHaveBeenCalledTimes(2);
});

test('does not tell who has unsubscribed, even twice or afterwards', () => {
  const caller = new Cancellation();
  const [kept, dropped] = [vi.fn(), vi.fn()];
  const keep = caller.onCancel(kept);
  const drop = caller.onCancel(dropped);
  drop();
  drop();
  caller.cancel();
  keep();
  expect(kept).toHaveBeenCalledOnce();
  expect(dropped).not.toHaveBeenCalled();
});

test('who comes too late is told soon', async () => {
  const caller = new Cancellation();
  caller.cancel();
  const late = vi.fn();
  caller.onCancel(late)();
  expect(late).not.toHaveBeenCalled();
  await Promise.resolve();
  expect(late).toHaveBeenCalledOnce();
});
