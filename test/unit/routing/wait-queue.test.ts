import { describe, expect, it } from 'vitest';
import type { StateChange } from '../../../src/ports/state-store.ts';
import { type Place, type Spot, type Turn, WaitQueue } from '../../../src/routing/wait-queue.ts';
import { manualClock, settled } from '../../support/manual-clock.ts';

const present = { cancelled: false, onCancel: () => () => undefined };

function rig() {
  const clock = manualClock();
  const waiting = new Map<string, number>();
  let tell: (change: StateChange) => void = () => undefined;
  const queue = new WaitQueue({
    clock,
    state: {
      addWaiting: (accountId, delta) => void waiting.set(accountId, (waiting.get(accountId) ?? 0) + delta),
      onChange(listener) {
        tell = listener;
        return () => undefined;
      },
    },
  });
  const spotAt = (...lines: string[]): Spot => ({
    home: lines[0] ?? 'nowhere',
    lines,
    decidedAt: queue.newcomer.moment,
  });
  return {
    clock,
    queue,
    waiting,
    spotAt,
    enter: (spot: Spot, requestKey = '') =>
      queue.enter({ spot, untilMs: clock.now() + 1_000, call: present, requestKey }),
    free: (accountId: string) => tell({ kind: 'slot_freed', accountId, expired: false }),
    changeStanding: (accountId: string) => tell({ kind: 'standing', accountId }),
  };
}

/** Notes what a place's next turn came to, once it came. */
function watched(place: Place, reviewAtMs?: number): { turn: Turn | undefined } {
  const seen: { turn: Turn | undefined } = { turn: undefined };
  place.turn(reviewAtMs).then((turn) => {
    seen.turn = turn;
  });
  return seen;
}

describe('the wait queue', () => {
  it('lets a caller look again at what was freed between its decision and its place in line', async () => {
    const { enter, spotAt, free } = rig();
    const spot = spotAt('a');
    free('a');
    const seen = watched(enter(spot));
    await settled();
    expect(seen.turn).toBe('look');
  });

  it('lets a caller look again at what changed otherwise in that time', async () => {
    const { enter, spotAt, changeStanding } = rig();
    const spot = spotAt('a');
    changeStanding('b');
    const seen = watched(enter(spot));
    await settled();
    expect(seen.turn).toBe('look');
  });

  it('does not wake a caller for what was freed before it decided, or elsewhere', async () => {
    const { enter, spotAt, free } = rig();
    free('a');
    const spot = spotAt('a');
    free('b');
    const seen = watched(enter(spot));
    await settled();
    expect(seen.turn).toBeUndefined();
  });

  it.each([
    [10_000, undefined],
    // Longer ago than is remembered: it may have been freed.
    [20_000, 'look'],
  ] as const)('after %i slots freed elsewhere since it decided, a caller is told %s', async (slots, turn) => {
    const { enter, spotAt, free } = rig();
    const spot = spotAt('a');
    for (let slot = 0; slot < slots; slot += 1) free('b');
    const seen = watched(enter(spot));
    await settled();
    expect(seen.turn).toBe(turn);
  });

  it('does not take what was freed long ago for freed since', async () => {
    const { enter, spotAt, free, changeStanding } = rig();
    for (let slot = 0; slot < 20_000; slot += 1) free('a');
    const spot = spotAt('a');
    free('b');
    const seen = watched(enter(spot));
    await settled();
    expect(seen.turn).toBeUndefined();
    changeStanding('b');
    await settled();
    expect(seen.turn).toBe('look');
  });

  it('passes a turn on when its caller moves off the line', async () => {
    const { enter, spotAt, free } = rig();
    const first = enter(spotAt('a', 'b'));
    const second = enter(spotAt('a'));
    const turns = [watched(first), watched(second)];
    free('a');
    await settled();
    expect(turns.map(({ turn }) => turn)).toEqual(['look', undefined]);
    // The first finds that the account is none for it any more, and waits for the other alone.
    first.move(spotAt('b'));
    const again = watched(first);
    await settled();
    expect(turns[1]!.turn).toBe('look');
    expect(again.turn).toBeUndefined();
  });

  it('passes a turn on when its caller leaves, whether served or not', async () => {
    const { enter, spotAt, free } = rig();
    const first = enter(spotAt('a'));
    const second = enter(spotAt('a'));
    watched(first);
    const seen = watched(second);
    free('a');
    free('a');
    await settled();
    expect(seen.turn).toBeUndefined();
    first.leave();
    await settled();
    expect(seen.turn).toBe('look');
  });

  it('does not lose what is freed while a caller looks', async () => {
    const { enter, spotAt, free } = rig();
    const place = enter(spotAt('a'));
    watched(place);
    free('a');
    await settled();
    free('a');
    const again = watched(place);
    await settled();
    expect(again.turn).toBe('look');
  });

  it('keeps the order of arrival where a caller changes lines', async () => {
    const { enter, spotAt, free } = rig();
    const first = enter(spotAt('a'));
    const second = enter(spotAt('b'));
    first.move(spotAt('b'));
    expect(second.view.isSpokenFor('b')).toBe(true);
    expect(first.view.isSpokenFor('b')).toBe(false);
    const turns = [watched(first), watched(second)];
    free('b');
    await settled();
    expect(turns.map(({ turn }) => turn)).toEqual(['look', undefined]);
  });

  it('counts each caller at one account', () => {
    const { enter, spotAt, waiting, queue } = rig();
    const place = enter(spotAt('a', 'b'));
    expect(waiting.get('a')).toBe(1);
    expect(waiting.get('b') ?? 0).toBe(0);
    expect(place.view.waitsAt).toBe('a');
    place.move(spotAt('b'));
    expect([waiting.get('a'), waiting.get('b')]).toEqual([0, 1]);
    place.leave();
    place.leave();
    expect([waiting.get('a'), waiting.get('b'), queue.size]).toEqual([0, 0, 0]);
  });

  it('lets the other callers of a request look when one of them leaves', async () => {
    const { enter, spotAt } = rig();
    const first = enter(spotAt('a'), 'request');
    const same = watched(enter(spotAt('a'), 'request'));
    const other = watched(enter(spotAt('b'), 'other'));
    first.leave();
    await settled();
    expect([same.turn, other.turn]).toEqual(['look', undefined]);
  });

  it('lets a caller look when it asked to, and sends it away when its time is out', async () => {
    const { enter, spotAt, clock } = rig();
    const place = enter(spotAt('a'));
    const review = watched(place, clock.now() + 400);
    clock.advance(400);
    await settled();
    expect(review.turn).toBe('look');
    const end = watched(place, clock.now() + 5_000);
    clock.advance(600);
    await settled();
    expect(end.turn).toBe('timeout');
    place.leave();
    expect(clock.pending).toBe(0);
  });

  it('lets a crowd look again so often at most that there is time for else', async () => {
    const { enter, spotAt, changeStanding, clock } = rig();
    const looked = new Set<number>();
    const watch = (place: Place, index: number): void => {
      place.turn(undefined).then((turn) => {
        if (turn === 'look') looked.add(index);
        place.move(spotAt('a'));
        if (turn === 'look') watch(place, index);
      });
    };
    for (let index = 0; index < 100; index += 1) watch(enter(spotAt('a')), index);
    const lookedAfter = async (ms: number) => {
      looked.clear();
      clock.advance(ms);
      await settled();
      return looked.size;
    };
    changeStanding('b');
    expect(await lookedAfter(0)).toBe(100);
    changeStanding('b');
    changeStanding('b');
    expect(await lookedAfter(99)).toBe(0);
    expect(await lookedAfter(1)).toBe(100);
    expect(await lookedAfter(500)).toBe(0);
    changeStanding('b');
    expect(await lookedAfter(0)).toBe(100);
  });

  it('passes a turn to later callers only, so that it ends though lists are made anew', async () => {
    const { enter, spotAt, free } = rig();
    const looks: number[] = [];
    const lists = [
      ['a', 'b'],
      ['b', 'a'],
    ];
    // Each look finds the other account alone worth waiting for.
    const watch = (place: Place, index: number, turns: number): void => {
      place.turn(undefined).then((turn) => {
        if (turn !== 'look') return;
        looks.push(index);
        place.move(spotAt(lists[turns % 2]![0]!));
        watch(place, index, turns + 1);
      });
    };
    for (let index = 0; index < 10; index += 1) watch(enter(spotAt('a', 'b')), index, index);
    free('a');
    await settled();
    expect(looks.length).toBeGreaterThan(0);
    expect(looks.length).toBeLessThanOrEqual(10);
  });

  it('ends every wait when it closes, and those that come later', async () => {
    const { enter, spotAt, queue } = rig();
    const before = watched(enter(spotAt('a')));
    queue.close();
    const after = watched(enter(spotAt('a')));
    await settled();
    expect([before.turn, after.turn]).toEqual(['closing', 'closing']);
  });
});
