import { describe } from 'vitest';
import { stateStoreBindingsContract } from './state-store-bindings.ts';
import { stateStoreChainsContract } from './state-store-chains.ts';
import { stateStoreChangesContract } from './state-store-changes.ts';
import { stateStoreClaimsContract } from './state-store-claims.ts';
import { stateStoreCooldownsContract } from './state-store-cooldowns.ts';
import { stateStoreFiguresLogContract } from './state-store-figures-log.ts';
import { stateStoreLeasesContract } from './state-store-leases.ts';
import { stateStorePlatformFaultsContract } from './state-store-platform-faults.ts';
import { stateStoreProbesContract } from './state-store-probes.ts';
import { stateStoreRequestsContract } from './state-store-requests.ts';
import type { CreateStateStore } from './state-store-rig.ts';
import { stateStoreSpendContract } from './state-store-spend.ts';

/** What every StateStore does, whatever keeps its state. Each test starts from an empty store and its own clock. */
export function stateStoreContract(name: string, create: CreateStateStore): void {
  describe(`state store contract: ${name}`, () => {
    stateStoreClaimsContract(create);
    stateStoreRequestsContract(create);
    stateStoreBindingsContract(create);
    stateStoreLeasesContract(create);
    stateStoreCooldownsContract(create);
    stateStoreProbesContract(create);
    stateStoreChainsContract(create);
    stateStorePlatformFaultsContract(create);
    stateStoreSpendContract(create);
    stateStoreChangesContract(create);
    stateStoreFiguresLogContract(create);
  });
}
