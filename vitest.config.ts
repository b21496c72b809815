import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Every test process is a real server or talks to one; two at a time is what two cores bear without timing faults.
    pool: 'forks',
    maxWorkers: 2,
    // Only what hangs takes so long: machines were seen that are five times as slow as others.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
  },
});
