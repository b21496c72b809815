import type { Call } from '../routing/api.ts';

/** The call behind all calls of one Route stream: they are cancelled together, when the stream is lost. */
export class RouteCall implements Call {
  readonly #listeners = new Set<() => void>();
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
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
