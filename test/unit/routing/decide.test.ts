import { describe, expect, test } from 'vitest';
import { cooldownUntil } from '../../support/plain-figures.ts';
import { awaited, claimed, nowMs, poolRig } from '../../support/pool-rig.ts';

describe('a pool that is full', () => {
  const rig = (count: number) => {
    const accounts = Array.from(
      { length: count },
      (_, index) => `{id: a${index}, platform: anthropic, concurrency: 1, priority: ${count - index}}`,
    );
    const made = poolRig(`accounts: [${accounts.join(', ')}]`);
    for (const id of made.catalog.accounts.keys()) made.figures(id).inFlight = 1;
    return made;
  };

  test('is waited for as a whole, best first', () => {
    expect(awaited(rig(40).decide())).toEqual(Array.from({ length: 40 }, (_, index) => `a${39 - index}`));
  });

  test('is waited for at its 64 best where it is larger', () => {
    expect(awaited(rig(100).decide())).toEqual(Array.from({ length: 64 }, (_, index) => `a${99 - index}`));
  });

  test('has room again with one slot', () => {
    const made = rig(40);
    made.figures('a3').inFlight = 0;
    expect(claimed(made.decide())).toEqual(['a3']);
  });
});

describe('model routing', () => {
  const rig = () =>
    poolRig(`
groups: [{id: g, model_routing: {m: [c, d], "m-*": [a]}}]
accounts:
  - {id: a, platform: anthropic, groups: [g], priority: 1}
  - {id: b, platform: anthropic, groups: [g], priority: 2}
  - {id: c, platform: anthropic, groups: [g], priority: 4, concurrency: 1}
  - {id: d, platform: anthropic, groups: [g], priority: 3, concurrency: 1}
`);

  test('the accounts named come first, by priority among themselves', () => {
    expect(claimed(rig().decide({ groupId: 'g' }))).toEqual(['d', 'c', 'a', 'b']);
  });

  test('a pattern routes too, and a model no pattern matches is not routed', () => {
    expect(claimed(rig().decide({ groupId: 'g', model: 'm-2' }))).toEqual(['a', 'b', 'd', 'c']);
    expect(claimed(rig().decide({ groupId: 'g', model: 'x' }))).toEqual(['a', 'b', 'd', 'c']);
  });

  test('where none of them can serve, the whole pool is used', () => {
    const busy = rig();
    busy.figures('c').inFlight = 1;
    busy.figures('d').cooldown = cooldownUntil(nowMs + 1);
    expect(claimed(busy.decide({ groupId: 'g' }))).toEqual(['a', 'b']);
  });

  test('a session is kept only by an account among them', () => {
    const kept = rig().decide({ groupId: 'g', sessionId: 's', boundAccountId: 'c' });
    expect(claimed(kept)).toEqual(['c']);
    expect(kept.lost).toBeUndefined();
    const moved = rig().decide({ groupId: 'g', sessionId: 's', boundAccountId: 'a' });
    expect(claimed(moved)[0]).toBe('d');
    expect(moved.lost).toEqual({ accountId: 'a', verdict: 'ELIGIBLE' });
    expect(moved.dropBinding).toBe(false);
  });

  test('a caller that insists on an account the model is not routed to gets none', () => {
    const ask = { groupId: 'g', sessionId: 's', boundAccountId: 'a', requireSticky: true };
    expect(rig().decide(ask).action.kind).toBe('reject');
    const survey = rig().survey(ask);
    expect([...survey.counts]).toEqual([['EXCLUDED', 1]]);
    expect(survey).toMatchObject({ full: false, exhausted: false, earliestMs: undefined });
  });
});

describe('platforms', () => {
  const rig = (defaults = '') =>
    poolRig(`
${defaults}
groups: [{id: g, platform: gemini}, {id: plain}, {id: other, platform: openai}]
accounts:
  - {id: an, platform: anthropic, groups: [g, plain, other]}
  - {id: ge, platform: gemini, groups: [g, plain, other]}
  - {id: op, platform: openai, groups: [g, plain, other]}
  - {id: mixed, platform: antigravity, mixed_scheduling: true, groups: [g, plain, other], priority: 90}
  - {id: pure, platform: antigravity, groups: [g, plain, other], priority: 91}
`);

  test.each([
    ['the request before the group', 'g', 'openai', ['op']],
    ['the group before the default', 'g', '', ['ge', 'mixed']],
    ['the default where neither says', 'plain', '', ['an', 'mixed']],
    ['a platform that mixed scheduling does not serve', 'other', '', ['op']],
    ['a forced platform, which turns mixed scheduling off', 'other', 'anthropic', ['an']],
    ["the group's own platform, forced", 'g', 'gemini', ['ge']],
    ['antigravity itself, forced', 'g', 'antigravity', ['mixed', 'pure']],
    ['a platform nobody speaks', 'g', 'nowhere', []],
  ])('%s', (_, groupId, platform, expected) => {
    expect(claimed(rig().decide({ groupId, platform }))).toEqual(expected);
  });

  test('the default platform is a setting', () => {
    expect(claimed(rig('default_platform: openai').decide({ groupId: 'plain' }))).toEqual(['op']);
  });
});

describe('a bound session', () => {
  const rig = (more = '') =>
    poolRig(`
groups: [{id: g}]
accounts:
  - {id: a, platform: anthropic, groups: [g], type: oauth, priority: 9, concurrency: 2, limits: {window_cost: 10, rpm: 5, sessions: 3}}
  - {id: b, platform: anthropic, groups: [g], priority: 1${more}}
  - {id: gone, platform: anthropic}
`);
  const bound = { groupId: 'g', sessionId: 's', boundAccountId: 'a' } as const;

  test('is kept by its account, whatever ranks better', () => {
    const decision = rig().decide(bound);
    expect(claimed(decision)).toEqual(['a']);
    expect(decision).toMatchObject({ lost: undefined, dropBinding: false });
  });

  test('with its account merely full, waits there while fewer than three wait', () => {
    const full = rig();
    full.figures('a').inFlight = 2;
    for (const [waiting, waits] of [
      [0, true],
      [2, true],
      [3, false],
    ] as const) {
      full.figures('a').waiting = waiting;
      const { action, lost } = full.decide(bound);
      expect(action).toMatchObject(waits ? { kind: 'wait', bound: true } : { kind: 'claim' });
      expect(lost).toEqual(waits ? undefined : { accountId: 'a', verdict: 'CONCURRENCY_FULL' });
    }
  });

  test('is not crowded out by itself: who waits there already keeps waiting', () => {
    const full = rig();
    full.figures('a').inFlight = 2;
    full.figures('a').waiting = 3;
    expect(full.decide({ ...bound, waitsAt: 'a' }).action).toMatchObject({ kind: 'wait', bound: true });
    expect(full.decide({ ...bound, waitsAt: 'b' }).action.kind).toBe('claim');
  });

  test('waits for its account where the one probe is out', () => {
    const probing = rig();
    const probe = { leaseId: 'x', sinceMs: nowMs };
    probing.figures('a').cooldown = cooldownUntil(nowMs - 1, { probeDue: true, probe });
    expect(probing.decide(bound).action).toMatchObject({ kind: 'wait', bound: true });
  });

  test('with nowhere else to go, waits at its account among the others', () => {
    const full = rig(', concurrency: 1');
    full.figures('a').inFlight = 2;
    full.figures('a').waiting = 3;
    full.figures('b').inFlight = 1;
    const decision = full.decide(bound);
    expect(decision.action).toMatchObject({ kind: 'wait', bound: false });
    expect(awaited(decision)).toEqual(['b', 'a']);
  });

  test.each([
    ['full', { inFlight: 2, waiting: 3 }, 'CONCURRENCY_FULL'],
    ['over its rpm and the buffer', { requestsThisMinute: 10 }, 'RPM_EXCEEDED'],
  ] as const)('moves on from an account that is %s, and the binding stays', (_, figures, verdict) => {
    const spent = rig();
    Object.assign(spent.figures('a'), figures);
    const decision = spent.decide(bound);
    expect(claimed(decision)).toEqual(['b']);
    expect(decision).toMatchObject({ lost: { accountId: 'a', verdict }, dropBinding: false });
  });

  test.each([
    ['disabled by an operator', { override: { schedulable: false, reason: '' } }, 'DISABLED'],
    ['cooling', { cooldown: cooldownUntil(nowMs + 1) }, 'COOLING_DOWN'],
    ['cooling for this model', { byModel: new Map([['m', cooldownUntil(nowMs + 1)]]) }, 'MODEL_COOLING_DOWN'],
  ] as const)('loses the binding to an account that is %s', (_, figures, verdict) => {
    const lost = rig();
    Object.assign(lost.figures('a'), figures);
    expect(lost.decide(bound)).toMatchObject({ lost: { accountId: 'a', verdict }, dropBinding: true });
  });

  test('loses the binding to a cooling account even where the request excludes or can not use it', () => {
    const cooling = rig();
    cooling.figures('a').cooldown = cooldownUntil(nowMs + 1);
    const excluding = cooling.decide({ ...bound, excludedAccountIds: ['a'] });
    expect(excluding).toMatchObject({ lost: { accountId: 'a', verdict: 'EXCLUDED' }, dropBinding: true });
    const elsewhere = cooling.decide({ ...bound, platform: 'openai' });
    expect(elsewhere).toMatchObject({ lost: { verdict: 'PLATFORM_MISMATCH' }, dropBinding: true });
  });

  test('keeps the binding to an account that this one request excludes', () => {
    const decision = rig().decide({ ...bound, excludedAccountIds: ['a'] });
    expect(decision).toMatchObject({ lost: { accountId: 'a', verdict: 'EXCLUDED' }, dropBinding: false });
    expect(claimed(decision)).toEqual(['b']);
  });

  test.each([['gone'], ['never-there']])('loses the binding to an account that left its pool: %s', (id) => {
    const decision = rig().decide({ ...bound, boundAccountId: id });
    expect(decision).toMatchObject({ lost: { accountId: id, verdict: 'DISABLED' }, dropBinding: true });
  });

  test('tells the cooling account it was passed over for, however low it ranks', () => {
    const cooling = rig();
    cooling.figures('a').cooldown = cooldownUntil(nowMs + 1, { reason: 'AUTH' });
    expect(cooling.decide(bound).passedOver).toMatchObject([
      { accountId: 'a', reason: 'AUTH', skipped: true },
    ]);
  });
});

describe('a caller that requires its bound account', () => {
  const rig = () => {
    const made = poolRig(`accounts:
      - {id: a, platform: anthropic, concurrency: 1}
      - {id: b, platform: anthropic}`);
    return made;
  };
  const ask = { sessionId: 's', boundAccountId: 'a', requireSticky: true };

  test('gets it, or nothing', () => {
    expect(claimed(rig().decide(ask))).toEqual(['a']);
    expect(rig().decide({ ...ask, boundAccountId: '' }).action.kind).toBe('reject');
    const excluded = { ...ask, excludedAccountIds: ['a'] };
    expect(rig().decide(excluded).action.kind).toBe('reject');
    expect(rig().survey(excluded)).toMatchObject({ full: false, exhausted: false });
  });

  test('waits for it, however many wait already', () => {
    const full = rig();
    full.figures('a').inFlight = 1;
    full.figures('a').waiting = 50;
    expect(full.decide(ask).action).toMatchObject({ kind: 'wait', bound: true });
  });

  test('is told of that account alone, and keeps the binding through a cooldown', () => {
    const cooling = rig();
    cooling.figures('a').cooldown = cooldownUntil(nowMs + 5_000);
    const decision = cooling.decide(ask);
    expect(decision).toMatchObject({ action: { kind: 'reject' }, dropBinding: false });
    const survey = cooling.survey(ask);
    expect([...survey.counts]).toEqual([['COOLING_DOWN', 1]]);
    expect(survey).toMatchObject({ exhausted: true, earliestMs: nowMs + 5_000 });
  });

  test('loses the binding to a disabled account all the same', () => {
    const disabled = rig();
    disabled.figures('a').override = { schedulable: false, reason: '' };
    expect(disabled.decide(ask).dropBinding).toBe(true);
  });
});
