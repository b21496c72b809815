/** Something that listens for callers. */
export interface Listener {
  /** The addresses it listens on, ports known: `127.0.0.1:50051`, `[::1]:50051`, `unix:/run/remora.sock`. */
  readonly addresses: readonly string[];
  /**
   * Takes no new connections and calls, lets those in flight finish, and cuts what is left after `graceMs`. Resolves when
   * nothing is open any more; a second call gets the first one's promise.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}
