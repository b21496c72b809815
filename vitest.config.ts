import { defineConfig } from 'vitest/config';

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
      // A new process for each of these files takes a third of their time. What modules of src keep is caches that change no answer;
      // what starts servers is ended by hooks of test/support, which belong to one file, and so is not among them.
      {
        extends: true,
        test: { name: 'units', include: ['test/{unit,property}/**/*.test.ts'], isolate: false },
      },
      { extends: true, test: { name: 'servers', include: ['test/{contract,integration}/**/*.test.ts'] } },
    ],
  },
});
