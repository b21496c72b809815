import { describe, expect, it } from 'vitest';
import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { parseLeaseId } from '../../src/routing/lease-id.ts';
import { stateStoreContract } from './state-store.ts';
import { type CreateStateStore, useStateStore } from './state-store-rig.ts';

const create = async (options: Parameters<CreateStateStore>[0]) => {
  const store = new MemoryStateStore(options);
  return { store, close: () => store.close() };
};

stateStoreContract('memory', create);

describe('a state store in memory', () => {
  const rig = useStateStore(create);

  it('knows of a held lease what its id says, and nothing once it was reported', async () => {
    const lease = await rig.grant({ of: ['a'], groupId: 'g', model: 'm' });
    expect(rig.store.heldLease?.(lease.id)).toMatchObject(parseLeaseId(lease.id)!);
    await rig.settle(lease);
    expect(rig.store.heldLease?.(lease.id)).toBeUndefined();
  });

  it('counts a claim at the account whose figures it brings along', async () => {
    const limited = { accountId: 'a', concurrency: 1, figures: rig.store.figures('a') };
    await rig.grant({ of: [limited] });
    expect(rig.store.figures('a').inFlight).toBe(1);
    expect(await rig.refusal({ of: [limited] })).toEqual(['CONCURRENCY_FULL']);
  });
});
