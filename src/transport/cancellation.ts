import type { Call } from '../routing/api.ts';

/** A caller that may go away: of one call, or of all calls on one Route stream, which are cancelled together as it is lost. */
export class Cancellation implements Call {
  /** Undefined until somebody wants to hear of it, which only a wait does. */
  #listeners: Set<() => void> | undefined;
  #cancelled = false;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** A listener that comes too late still runs, soon. */
  onCancel(listener: () => void): () => void {
    if (this.#cancelled) {
      queueMicrotask(listener);
      return () => undefined;
    }
    // Each subscription is one of its own, should two be for the same function.
    const entry = (): void => listener();
    this.#listeners ??= new Set();
    this.#listeners.add(entry);
    return () => this.#listeners?.delete(entry);
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const listener of this.#listeners ?? []) listener();
    this.#listeners = undefined;
  }
}
