import { describe, expect, it } from 'vitest';
import { Picture } from '../../../../src/adapters/redis/picture/picture.ts';
import type { AccountReply } from '../../../../src/adapters/redis/reply.ts';
import type { StateChange } from '../../../../src/ports/state-store.ts';

const nowMs = Date.UTC(2026, 0, 5, 12);
const cooling = `1|0|${nowMs}|${nowMs}|${nowMs + 60_000}|RATE_LIMIT|SCHEDULE|1||0`;

function begin() {
  const changes: StateChange[] = [];
  const picture = new Picture(30_000, (change) => changes.push(change));
  const account = (values: Partial<AccountReply>): AccountReply => ({
    accountId: 'a',
    inFlight: 0,
    sessions: 0,
    oldestSessionMs: 0,
    fields: [],
    ...values,
  });
  return { picture, changes, account };
}

describe('the picture of the shared state', () => {
  it('does not go back to an older word', () => {
    const { picture, account } = begin();
    expect(picture.hear('a', { stamp: 2, inFlight: 3 }).isNews).toBe(true);
    expect(picture.hear('a', { stamp: 1, inFlight: 9, fields: ['cd', cooling] }).isNews).toBe(false);
    picture.restore([account({ inFlight: 8 })], 1, { tell: true });
    expect(picture.of('a').inFlight).toBe(3);
    expect(picture.of('a').cooldown).toBeUndefined();
  });

  it('tells of slots and standings that changed elsewhere, and of nothing that did not', () => {
    const { picture, changes, account } = begin();
    picture.restore([account({ inFlight: 2, fields: ['cd', cooling] })], 1, { tell: true });
    expect(changes.splice(0)).toEqual([{ kind: 'standing', accountId: 'a' }]);
    picture.restore([account({ inFlight: 2, fields: ['cd', cooling] })], 2, { tell: true });
    expect(changes.splice(0)).toEqual([]);
    picture.restore([account({ inFlight: 1 })], 3, { tell: true });
    expect(changes.splice(0)).toEqual([
      { kind: 'slot_freed', accountId: 'a', expired: false },
      { kind: 'standing', accountId: 'a' },
    ]);
    expect(picture.of('a').cooldown).toBeUndefined();
  });

  it('counts callers waiting here once, whatever the store has been told of them', () => {
    const { picture, account } = begin();
    const figures = picture.of('a');
    figures.waitingHere = 2;
    picture.restore([account({ fields: ['wt', '3'] })], 1, { tell: false });
    expect(figures.waiting).toBe(5);
    figures.waitingReported = 2;
    picture.restore([account({ fields: ['wt', '5'] })], 2, { tell: false });
    expect(figures.waiting).toBe(5);
    figures.waitingHere = 0;
    expect(figures.waiting).toBe(3);
  });

  it('takes a session off once the idlest must have fallen idle, and leaves the rest to the claim', () => {
    const { picture, account } = begin();
    const figures = picture.of('a');
    picture.restore([account({ sessions: 2, oldestSessionMs: nowMs })], 1, { tell: false });
    expect(figures.sessions(nowMs + 59_999, 60_000)).toBe(2);
    expect(figures.oldestSessionEndsAtMs(nowMs, 60_000)).toBe(nowMs + 60_000);
    expect(figures.sessions(nowMs + 60_000, 60_000)).toBe(1);
  });

  it('is empty after the store lost its data, and open to any stamp', () => {
    const { picture, account } = begin();
    const fields = [
      'cd',
      cooling,
      'cd:m',
      cooling,
      'ov',
      '{"schedulable":false,"reason":""}',
      'lu',
      '5',
      'w',
      '1|2|3',
    ];
    picture.restore([account({ inFlight: 2, fields })], 100, { tell: false });
    const figures = picture.of('a');
    expect([figures.modelCooldown('m')?.reason, figures.windowCost(1, 2)]).toEqual(['RATE_LIMIT', 3]);
    picture.reset();
    expect(figures).toMatchObject({ inFlight: 0, cooldown: undefined, override: undefined, lastUsedAt: 0 });
    expect([figures.modelCooldown('m'), figures.windowCost(1, 2)]).toEqual([undefined, undefined]);
    expect(picture.hear('a', { stamp: 1, inFlight: 1 }).isNews).toBe(true);
  });
});
