import { defineConfig } from 'vitest/config';

/**
 * Files of tests that share processes: a new one for each takes a third of their time. What modules of src keep is caches that change no
 * answer; what starts servers is ended by hooks of test/support, which belong to one file, and so is not among them.
 */
export const sharing = 'test/{unit,property}/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // Every test process is a real server or talks to one; two at a time is what two cores bear without timing faults.
    maxWorkers: 2,
    // Only what hangs takes so long: machines were seen that are five times as slow as others.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    projects: [
      { extends: true, test: { name: 'units', include: [sharing], isolate: false } },
      { extends: true, test: { name: 'servers', include: ['test/**/*.test.ts'], exclude: [sharing] } },
    ],
  },
});
