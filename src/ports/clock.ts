/** Time as the process sees it. Everything that waits or expires takes it from here, so tests can move it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, `delayMs` from now. The timer never keeps the process alive by itself. */
  schedule(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  /** Without effect once the timer has run. */
  cancel(): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
