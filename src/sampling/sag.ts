import { ApprenticeError } from "../errors.ts";
import type { Candidate, Vote } from "../trajectory/schema.ts";
import { observationKey, type ObservationKey } from "./observation-key.ts";
import type { Ballot, Sampler, StepToDecide } from "./types.ts";

/** Scores each candidate, higher is better; null leaves one out. Takes the place of the vote. */
export type Scorer = (candidates: readonly Candidate[], step: StepToDecide) => Promise<readonly (number | null)[]>;

export interface SagOptions {
  /** Candidates a step, N; or how many at each (0-based) step. Default: 8. */
  readonly n?: number | ((step: number) => number);
  /** Default: 0.4. */
  readonly temperature?: number;
  /** Default: 0.8. */
  readonly topP?: number;
  /** Which candidates agree. Default: `observationKey`. */
  readonly key?: ObservationKey;
  /** Decides in place of the vote: a process reward model, say, or a verifier. Default: none. */
  readonly scorer?: Scorer;
}

/**
 * Self-consistent action generation (section 4): N actions are drawn; those that fail to parse or to run are dropped;
 * the winner is drawn, by the run's seed, among those whose observation most others share. If all failed, it is drawn
 * among all, and its error is fed back. Candidates that can no longer change the winner are not written to their end.
 */
export function sag(options: SagOptions = {}): Sampler {
  const { n = 8, temperature = 0.4, topP = 0.8, key = observationKey, scorer } = options;
  const samplesAt = typeof n === "number" ? () => n : n;
  return {
    id: `sag(${typeof n === "number" ? n : "by step"}, T=${temperature}, top_p=${topP}${scorer ? ", scored" : ""})`,
    temperature,
    topP,
    open(step) {
      const samples = samplesAt(step.step);
      if (!Number.isInteger(samples) || samples < 1) {
        throw new ApprenticeError("option_invalid", `sag: n is ${samples}: give a whole number above 0.`);
      }
      // Who comes first in the draw is settled before anything is known of the candidates.
      const lots = Array.from({ length: samples }, step.random);
      return scorer ? scoredBallot(scorer, lots, key, step) : majorityBallot(lots, key);
    },
  };
}

function majorityBallot(lots: readonly number[], key: ObservationKey): Ballot {
  const drawn = (candidates: readonly Candidate[]): Candidate | undefined => byLot(candidates, lots)[0];
  return {
    samples: lots.length,
    first: firstOf(lots),
    needless(finished) {
      const done = new Set(finished.map(({ index }) => index));
      const open = lots.flatMap((_, index) => (done.has(index) ? [] : [index]));
      const [first, second] = groupsOf(finished, key);
      // As many as are open may still agree on something else.
      if (!first || first.members.length <= open.length + (second?.members.length ?? 0)) return [];
      const leader = drawn(first.members);
      return leader ? open.filter((index) => (lots[index] ?? 0) > (lots[leader.index] ?? 0)) : [];
    },
    decide(candidates) {
      const groups = groupsOf(candidates, key);
      const most = groups[0]?.members.length ?? 0;
      const majority = groups.filter(({ members }) => members.length === most).flatMap(({ members }) => members);
      return vote(drawn(majority), candidates, lots, groups);
    },
  };
}

function scoredBallot(scorer: Scorer, lots: readonly number[], key: ObservationKey, step: StepToDecide): Ballot {
  return {
    samples: lots.length,
    first: firstOf(lots),
    needless: () => [],
    async decide(candidates) {
      const scores = await scorer(candidates, step);
      const best = byLot(candidates, lots)
        .filter(({ index }) => typeof scores[index] === "number")
        .toSorted((a, b) => (scores[b.index] ?? 0) - (scores[a.index] ?? 0))[0];
      const decided = vote(best, candidates, lots, groupsOf(candidates, key));
      return { ...decided, ...(best && { reason: "scored" }), scores: candidates.map(({ index }) => scores[index] ?? null) };
    },
  };
}

interface Group {
  readonly key: string;
  readonly members: readonly Candidate[];
}

function vote(winner: Candidate | undefined, candidates: readonly Candidate[], lots: readonly number[], groups: readonly Group[]): Vote {
  const [failed] = byLot(candidates, lots);
  if (!failed) throw new RangeError("A vote needs candidates.");
  return {
    winner: (winner ?? failed).index,
    reason: winner ? "majority" : "all_failed",
    groups: groups.map(({ key, members }) => ({ key, members: members.map(({ index }) => index) })),
  };
}

/** The candidates that have a vote, by what they observed; the largest group first. */
function groupsOf(candidates: readonly Candidate[], key: ObservationKey): Group[] {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const name = key(candidate);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), candidate]);
  }
  return [...groups].map(([name, members]) => ({ key: name, members })).toSorted((a, b) => b.members.length - a.members.length);
}

function firstOf(lots: readonly number[]): number {
  return lots.indexOf(Math.min(...lots));
}

function byLot(candidates: readonly Candidate[], lots: readonly number[]): Candidate[] {
  return candidates.toSorted((a, b) => (lots[a.index] ?? 0) - (lots[b.index] ?? 0));
}
