import { MemoryStateStore } from '../../src/adapters/memory/state-store.ts';
import { stateStoreContract } from './state-store.ts';

stateStoreContract('memory', async (options) => {
  const store = new MemoryStateStore(options);
  return { store, close: () => store.close() };
});
