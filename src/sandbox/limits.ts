import type { Limits } from "./types.ts";

/** What a session may use unless `SessionOptions.limits` says otherwise. */
export const defaultLimits: Limits = {
  timeMs: 10_000,
  memoryBytes: 256 * 1024 * 1024,
  outputBytes: 50_000,
  sourceChars: 100_000,
  toolCalls: 50,
};
