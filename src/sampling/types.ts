import type { Candidate, Vote } from "../trajectory/schema.ts";

/** How a step's action is chosen: how many are drawn, how, and which of them is committed. */
export interface Sampler {
  /** Named in records, e.g. `greedy`. */
  readonly id: string;
  /** Candidates drawn a step. */
  readonly n: number;
  readonly temperature: number;
  readonly topP: number;
  /** Picks the candidate to commit, from all that were drawn and tried. `random` gives numbers in [0, 1) from the run's seed. */
  vote(candidates: readonly Candidate[], random: () => number): Vote;
}
