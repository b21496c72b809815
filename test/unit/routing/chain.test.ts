import { describe, expect, test } from 'vitest';
import type { Chain, ChainAttempt, LeaseFate, StateStore } from '../../../src/ports/state-store.ts';
import { requestOfLease, resumeChain } from '../../../src/routing/chain.ts';
import { createNonceSource, leaseSuffix } from '../../../src/routing/lease-id.ts';
import { manualClock } from '../../support/manual-clock.ts';

const clock = manualClock();
const leaseId = `${createNonceSource()(clock.now())}.${leaseSuffix('a', 'g', 'm')}`;

function attempt(parts: Partial<ChainAttempt> = {}): ChainAttempt {
  return {
    accountId: 'a',
    model: 'm',
    reason: 'RATE_LIMIT',
    skipped: false,
    durationMs: 0,
    platform: 'anthropic',
    fingerprint: '429 x',
    ...parts,
  };
}

function chain(parts: Partial<Chain> = {}): Chain {
  const request = requestOfLease({ groupId: 'g', model: 'm' });
  return { request, attempts: [attempt()], faultyPlatforms: [], ended: false, ...parts };
}

/** What comes of going on with a lease of which the store knows this. */
function resume(fate: LeaseFate, id = leaseId) {
  const state: Pick<StateStore, 'fate'> = { fate: () => fate };
  return resumeChain(id, { state: state as StateStore, clock });
}

describe('a chain', () => {
  test('goes on from a lease that failed', async () => {
    const left = chain();
    expect(await resume({ kind: 'failed', chain: left, nextLeaseId: '' })).toEqual({
      kind: 'chain',
      chain: left,
    });
  });

  test('goes on from it again, though a lease followed already', async () => {
    expect(await resume({ kind: 'failed', chain: chain(), nextLeaseId: leaseId })).toMatchObject({
      kind: 'chain',
    });
  });

  test('has ended where the failure would meet the request anywhere, and tells its latest 32 attempts', async () => {
    const attempts = Array.from({ length: 40 }, (_, index) => attempt({ accountId: `a${index}` }));
    const ended = chain({ attempts: [...attempts, attempt({ reason: 'FORMAT' })], ended: true });
    const { kind, refusal } = (await resume({ kind: 'failed', chain: ended, nextLeaseId: '' })) as Extract<
      Awaited<ReturnType<typeof resume>>,
      { kind: 'refused' }
    >;
    expect(kind).toBe('refused');
    expect(refusal).toMatchObject({
      kind: 'precondition',
      message: expect.stringMatching(/^failover_from: .*FORMAT/),
      failure: { rejections: [], attemptsOmitted: 9 },
    });
    expect(refusal.failure!.attempts).toHaveLength(32);
    expect(refusal.failure!.attempts.at(-1)).toEqual({
      accountId: 'a',
      model: 'm',
      reason: 'FORMAT',
      skipped: false,
      durationMs: 0,
    });
  });

  test.each<LeaseFate>([{ kind: 'settled' }, { kind: 'unknown' }])(
    'does not go on from one that is $kind',
    async (fate) => {
      expect(await resume(fate)).toMatchObject({
        kind: 'refused',
        refusal: { kind: 'precondition', message: expect.stringMatching(/^failover_from: /) },
      });
    },
  );

  test('does not go on from a text that is no lease, and asks no store about it', async () => {
    const asked = { fate: () => expect.unreachable('the store was asked') };
    const resumed = await resumeChain('garbage', { state: asked as unknown as StateStore, clock });
    expect(resumed).toMatchObject({ kind: 'refused', refusal: { kind: 'not_found' } });
  });
});
