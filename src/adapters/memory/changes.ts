import type { StateChange } from '../../ports/state-store.ts';

/** Who wants to hear of changes. They are told when the state is in place. */
export class Changes {
  readonly #listeners = new Set<(change: StateChange) => void>();

  /** Returns the unsubscription. */
  subscribe(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(change: StateChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  close(): void {
    this.#listeners.clear();
  }
}
