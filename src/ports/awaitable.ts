/** A value, or the promise of one: what is in this process answers at once. */
export type Awaitable<T> = T | Promise<T>;

/**
 * Goes on with the value: at once where it is there, else when it comes. A promise and an `async` step cost a turn of the microtask
 * queue and some objects each; a selection in this process goes through ten such steps and needs to wait at none of them. What
 * `next` throws is thrown, or rejects, in the same way.
 */
export function andThen<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
