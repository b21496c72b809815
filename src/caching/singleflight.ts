/** A load under way. */
export interface Flight<Value> {
  readonly result: Promise<Value>;
  /** Whether another caller had begun it. */
  readonly shared: boolean;
}

/** What a load is told about itself. */
export interface LoadState {
  /** Set once what it loads may be out of date: its callers still get the result, but nobody may keep it. */
  readonly forgotten: boolean;
}

/** Lets concurrent callers of one key share one load. Nothing is kept once the load has ended, whatever its end. */
export interface Singleflight<Value> {
  run(key: string, load: (state: LoadState) => Promise<Value>): Flight<Value>;
  /** Later callers of these keys begin loads of their own, though one is under way. */
  forget(matches: (key: string) => boolean): void;
}

/** Libraries there are for this either keep no one maintaining them or don't let go of a load that was overtaken. */
export function createSingleflight<Value>(): Singleflight<Value> {
  const underWay = new Map<string, { result: Promise<Value>; state: { forgotten: boolean } }>();
  return {
    run(key, load) {
      const running = underWay.get(key);
      if (running !== undefined) return { result: running.result, shared: true };
      const state = { forgotten: false };
      const result = load(state).finally(() => {
        if (!state.forgotten) underWay.delete(key);
      });
      underWay.set(key, { result, state });
      return { result, shared: false };
    },
    forget(matches) {
      for (const [key, { state }] of underWay) {
        if (!matches(key)) continue;
        state.forgotten = true;
        underWay.delete(key);
      }
    },
  };
}
