import type { Sampler } from "./types.ts";

/** The likeliest action: self-consistent action generation with N = 1. */
export function greedy(): Sampler {
  return { id: "greedy", n: 1, temperature: 0, topP: 1, vote: () => ({ winner: 0, reason: "only" }) };
}
