/** The shared state can't be asked, and the configuration says not to go on without it. `message` is fit for a log. */
export class StateUnavailableError extends Error {
  override readonly name = 'StateUnavailableError';
}
