import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    dir: "test",
    globalSetup: "test/setup.ts",
    pool: "forks",
    // Much of it waits: for models, interpreters and jobs.
    maxWorkers: 2,
    // Two models with all cores each wait for each other most of the time.
    env: { APPRENTICE_THREADS: "1" },
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
