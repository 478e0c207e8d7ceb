import type { Message } from "../model/types.ts";
import type { Candidate, Vote } from "../trajectory/schema.ts";

/** How a step's action is chosen: how many are drawn, how, and which of them is committed. */
export interface Sampler {
  /** Named in records, e.g. `greedy`. */
  readonly id: string;
  readonly temperature: number;
  readonly topP: number;
  /** Opens the vote of one step. */
  open(step: StepToDecide): Ballot;
}

/** What a vote may go by. */
export interface StepToDecide {
  /** 0-based. */
  readonly step: number;
  readonly question: string;
  /** The conversation so far. */
  readonly messages: readonly Message[];
  /** Numbers in [0, 1) from the run's seed. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** The vote of one step. */
export interface Ballot {
  /** Candidates to draw. */
  readonly samples: number;
  /** The candidate that wins if all fail: it is always written to its end, so that what is drawn hangs on no one's speed. */
  readonly first?: number;
  /** Those not among `finished` that can no longer change the winner: they are not written to their end. */
  needless(finished: readonly Candidate[]): readonly number[];
  /** Picks the candidate to commit. Candidates that were stopped as needless are `cancelled`. */
  decide(candidates: readonly Candidate[]): Vote | Promise<Vote>;
}
