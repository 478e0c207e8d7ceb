import { factsOf } from "../../eval/score.ts";
import { committedToolCalls } from "../../trajectory/count.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { verdictOf } from "../viewer/summary.ts";
import type { Setup } from "./labels.ts";

/** Right ones among those judged. */
export interface Tally {
  right: number;
  n: number;
}

/** What became of one question, which may have been asked several times. */
export interface QuestionTally extends Tally {
  /** Runs of it, judged or not. */
  runs: number;
  readonly level?: string;
  readonly category?: string;
}

/** Sums over trajectories of one setup. A run that ended without an answer is judged wrong. */
export interface RunStats {
  setup: Setup;
  trajectories: number;
  /** Whether any of them carries a grade; a run that was never graded has no accuracy. */
  graded: boolean;
  answered: number;
  forced: number;
  /** Ended by an error. */
  failed: number;
  /** With a turn that was ended by the limit of tokens. */
  cutOff: number;
  parseErrors: number;
  executionErrors: number;
  steps: number;
  toolCalls: number;
  retrievalCalls: number;
  inputTokens: number;
  outputTokens: number;
  /** Of candidates that were stopped as needless. */
  tokensSaved: number;
  /** In US dollars; only of those that say it. */
  cost: number;
  ms: number;
  readonly questions: Map<string, QuestionTally>;
  readonly bySeed: Map<string, Tally>;
}

const sums = ["trajectories", "answered", "forced", "failed", "cutOff", "parseErrors", "executionErrors", "steps", "toolCalls", "retrievalCalls", "inputTokens", "outputTokens", "tokensSaved", "cost", "ms"] as const;

const retrievalTools = new Set(["web_search", "wikipedia_search", "search", "retrieve"]);

export function emptyStats(setup: Setup): RunStats {
  const zeros = Object.fromEntries(sums.map((name) => [name, 0])) as Record<(typeof sums)[number], number>;
  return { setup, graded: false, ...zeros, questions: new Map(), bySeed: new Map() };
}

export function addTrajectory(stats: RunStats, trajectory: Trajectory): void {
  const facts = factsOf(trajectory);
  const verdict = verdictOf(trajectory);
  stats.trajectories += 1;
  stats.graded ||= trajectory.grade !== undefined;
  stats.answered += facts.outcome === "answered" ? 1 : 0;
  stats.forced += facts.answeredBy === "forced" ? 1 : 0;
  stats.failed += facts.outcome === "error" ? 1 : 0;
  stats.cutOff += facts.cutOff ? 1 : 0;
  stats.parseErrors += facts.parseErrors;
  stats.executionErrors += facts.executionErrors;
  stats.steps += facts.steps;
  stats.toolCalls += facts.toolCalls;
  stats.retrievalCalls += committedToolCalls(trajectory.steps).filter(({ name }) => retrievalTools.has(name)).length;
  stats.inputTokens += facts.inputTokens;
  stats.outputTokens += facts.outputTokens;
  stats.tokensSaved += facts.tokensSaved ?? 0;
  stats.cost += facts.cost ?? 0;
  stats.ms += facts.ms;

  const { level, category } = facts;
  const tally = { right: verdict === "right" ? 1 : 0, n: verdict === "right" || verdict === "wrong" ? 1 : 0 };
  addQuestion(stats, trajectory.question.id, { ...tally, runs: 1, ...(level !== undefined && { level }), ...(category !== undefined && { category }) });
  addSeed(stats, String(facts.seed), tally);
}

/** All of them as one, under the setup of the first. */
export function sumStats([first, ...others]: readonly [RunStats, ...RunStats[]]): RunStats {
  if (others.length === 0) return first;
  const total = emptyStats(first.setup);
  for (const stats of [first, ...others]) {
    for (const name of sums) total[name] += stats[name];
    total.graded ||= stats.graded;
    for (const [question, tally] of stats.questions) addQuestion(total, question, tally);
    for (const [seed, tally] of stats.bySeed) addSeed(total, seed, tally);
  }
  return total;
}

function addQuestion({ questions }: RunStats, id: string, tally: QuestionTally): void {
  const before = questions.get(id);
  if (before) [before.right, before.n, before.runs] = [before.right + tally.right, before.n + tally.n, before.runs + tally.runs];
  else questions.set(id, { ...tally });
}

function addSeed({ bySeed }: RunStats, seed: string, { right, n }: Tally): void {
  const before = bySeed.get(seed);
  if (before) [before.right, before.n] = [before.right + right, before.n + n];
  else bySeed.set(seed, { right, n });
}
