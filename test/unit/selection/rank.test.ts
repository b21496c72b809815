import { describe, expect, test } from 'vitest';
import { claimed, type PoolRig, poolRig } from '../../support/pool-rig.ts';

const pool = (accounts: readonly string[], settings = '') =>
  poolRig(
    `${settings}\naccounts:\n${accounts.map((text) => `  - {platform: anthropic, ${text}}`).join('\n')}`,
  );

/** How often each account came first, its equals drawn anew each time. */
function firsts(rig: PoolRig, rounds: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1) {
    const [first] = claimed(rig.decide());
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

describe('order of accounts that could serve', () => {
  test('a lower priority comes first, whatever its load and last use', () => {
    const rig = pool(['id: a, priority: 2, concurrency: 9', 'id: b, priority: 1, concurrency: 9']);
    rig.figures('b').inFlight = 8;
    rig.figures('b').lastUsedAt = 9;
    expect(claimed(rig.decide())).toEqual(['b', 'a']);
  });

  test('then the lower load: in flight and waiting over the load factor', () => {
    const rig = pool([
      'id: a, concurrency: 10',
      'id: b, concurrency: 10, load_factor: 40',
      'id: c, concurrency: 10',
    ]);
    rig.figures('a').inFlight = 2;
    rig.figures('b').inFlight = 7;
    rig.figures('c').inFlight = 1;
    rig.figures('c').waiting = 2;
    for (const id of ['a', 'b', 'c']) rig.figures(id).lastUsedAt = id.charCodeAt(0) * -1 + 200;
    expect(claimed(rig.decide())).toEqual(['b', 'a', 'c']);
  });

  test('an account without a limit has no load', () => {
    const rig = pool(['id: a, concurrency: 100', 'id: b, concurrency: 0']);
    rig.figures('a').inFlight = 1;
    rig.figures('b').inFlight = 1_000;
    rig.figures('b').lastUsedAt = 5;
    expect(claimed(rig.decide())).toEqual(['b', 'a']);
  });

  test('then the least recently used, those never used before all others', () => {
    const rig = pool(['id: a', 'id: b', 'id: c']);
    rig.figures('a').lastUsedAt = 20;
    rig.figures('c').lastUsedAt = 10;
    for (let round = 0; round < 50; round += 1) expect(claimed(rig.decide())).toEqual(['b', 'c', 'a']);
  });

  test('equals are drawn evenly, and the same for the same seed', () => {
    const rig = pool(['id: a', 'id: b', 'id: c', 'id: d']);
    const again = pool(['id: a', 'id: b', 'id: c', 'id: d']);
    for (let round = 0; round < 50; round += 1)
      expect(claimed(rig.decide())).toEqual(claimed(again.decide()));
    for (const count of firsts(rig, 4_000).values())
      expect(Math.abs(count / 4_000 - 0.25)).toBeLessThan(0.02);
  });

  test('with random selection the last use plays no part', () => {
    const rig = pool(['id: a', 'id: b'], 'scheduling: {fallback_selection: random}');
    rig.figures('a').lastUsedAt = 1_000;
    expect(Math.abs((firsts(rig, 4_000).get('a') ?? 0) / 4_000 - 0.5)).toBeLessThan(0.02);
  });

  test('load still counts with random selection', () => {
    const rig = pool(
      ['id: a, concurrency: 5', 'id: b, concurrency: 5'],
      'scheduling: {fallback_selection: random}',
    );
    rig.figures('a').inFlight = 1;
    expect(firsts(rig, 100).get('b')).toBe(100);
  });

  test('a claim is offered the eight best of many, best first', () => {
    const rig = pool(
      Array.from({ length: 40 }, (_, index) => `id: a${index}, priority: ${(index * 7) % 40}`),
    );
    const byPriority = Array.from({ length: 40 }, (_, index) => ({ id: `a${index}`, at: (index * 7) % 40 }))
      .sort((one, other) => one.at - other.at)
      .map(({ id }) => id);
    expect(claimed(rig.decide())).toEqual(byPriority.slice(0, 8));
  });
});

describe('tiers', () => {
  const accounts = [
    'id: rock, type: bedrock, priority: 1',
    'id: key, type: api_key, priority: 2',
    'id: odd, type: something_new, priority: 3',
    'id: sub, type: oauth, priority: 4',
    'id: token, type: setup_token, priority: 5',
  ];

  test('on: subscriptions and unknown types, then API keys, then Bedrock', () => {
    const rig = pool(accounts, 'scheduling: {tier_fallback: true}');
    expect(claimed(rig.decide())).toEqual(['odd', 'sub', 'token', 'key', 'rock']);
  });

  test('on: a tier that is full gives way to the next', () => {
    const rig = pool(
      ['id: sub, type: oauth, concurrency: 1', 'id: key, type: api_key'],
      'scheduling: {tier_fallback: true}',
    );
    rig.figures('sub').inFlight = 1;
    expect(claimed(rig.decide())).toEqual(['key']);
  });

  test('off: priority alone decides', () => {
    expect(claimed(pool(accounts).decide())).toEqual(['rock', 'key', 'odd', 'sub', 'token']);
  });

  test("a group's word beats the global setting, both ways", () => {
    const of = (global: boolean, group: string) =>
      claimed(
        poolRig(`
scheduling: {tier_fallback: ${global}}
groups: [{id: g${group}}]
accounts:
  - {id: key, platform: anthropic, type: api_key, priority: 1, groups: [g]}
  - {id: sub, platform: anthropic, type: oauth, priority: 2, groups: [g]}
`).decide({ groupId: 'g' }),
      );
    expect(of(false, '')).toEqual(['key', 'sub']);
    expect(of(true, '')).toEqual(['sub', 'key']);
    expect(of(false, ', tier_fallback: true')).toEqual(['sub', 'key']);
    expect(of(true, ', tier_fallback: false')).toEqual(['key', 'sub']);
  });

  test('a binding is kept in whatever tier', () => {
    const rig = pool(accounts, 'scheduling: {tier_fallback: true}');
    expect(claimed(rig.decide({ boundAccountId: 'rock', sessionId: 's' }))).toEqual(['rock']);
  });
});
