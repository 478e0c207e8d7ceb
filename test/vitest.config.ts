import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    dir: "test",
    globalSetup: "test/setup.ts",
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
