import { dirname } from "node:path";
import { messageOf } from "../../errors.ts";
import { readRunLabels } from "../../eval/run-labels.ts";
import { factsOf } from "../../eval/score.ts";
import { committedToolCalls } from "../../trajectory/count.ts";
import { parseTrajectory } from "../../trajectory/parse.ts";
import type { Trajectory } from "../../trajectory/schema.ts";
import { findJournals, type Journal } from "../journals/find.ts";
import { latestRecords } from "../journals/latest.ts";
import { readLines } from "../journals/lines.ts";
import { verdictOf } from "../viewer/summary.ts";
import { type Setup, setupOf } from "./labels.ts";

/** Right ones among those judged. */
export interface Tally {
  right: number;
  n: number;
}

/** Sums over the trajectories of one setup. A run that ended without an answer is judged wrong. */
export interface RunStats {
  setup: Setup;
  trajectories: number;
  /** Whether any of them carries a grade; a run that was never graded has no accuracy. */
  graded: boolean;
  readonly judged: Tally;
  answered: number;
  forced: number;
  /** Ended by an error. */
  failed: number;
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
  readonly byLevel: Map<string, Tally>;
  readonly byType: Map<string, Tally>;
  readonly bySeed: Map<string, Tally>;
}

export interface Aggregate {
  readonly runs: readonly RunStats[];
  readonly trajectories: number;
  /** Lines that are no trajectories. */
  readonly unreadable: number;
  readonly firstUnreadable?: string;
}

const retrievalTools = new Set(["web_search", "wikipedia_search", "search", "retrieve"]);

/** Distinct levels, types or seeds that are told apart; what comes after is counted in the totals alone. */
const kindsAtMost = 200;

/**
 * Reads journals twice from end to end, in memory for one trajectory and the ids of one journal. As in evaluation, the last
 * of several records with one id counts, and of runs that were interrupted nothing is said. Lines that are no trajectories
 * are counted, not used.
 *
 * @throws `file_missing`; `run_labels_invalid`.
 */
export async function aggregate(paths: readonly string[], options: { readonly signal?: AbortSignal; onProgress?(trajectories: number): void } = {}): Promise<Aggregate> {
  const runs = new Map<string, RunStats>();
  let trajectories = 0;
  let unreadable = 0;
  let firstUnreadable: string | undefined;
  for (const journal of await findJournals(paths)) {
    const labels = await readRunLabels(dirname(journal.file));
    const latest = await latestRecords(journal.file, options.signal);
    for await (const read of readJournal(journal)) {
      options.signal?.throwIfAborted();
      if ("problem" in read) {
        unreadable += 1;
        firstUnreadable ??= read.problem;
        continue;
      }
      trajectories += 1;
      if (trajectories % 1000 === 0) options.onProgress?.(trajectories);
      if (latest.get(read.trajectory.id) !== read.offset) continue;
      const setup = setupOf(read.trajectory, journal.run, labels);
      const key = JSON.stringify({ ...setup, votes: undefined, firstThought: undefined });
      const stats = runs.get(key) ?? emptyStats(setup);
      runs.set(key, stats);
      stats.setup = together(stats.setup, setup);
      addTo(stats, read.trajectory);
    }
  }
  return { runs: [...runs.values()], trajectories, unreadable, ...(firstUnreadable !== undefined && { firstUnreadable }) };
}

/** The trajectories of a journal, with the byte where each begins; a line that is none is a problem, said with its place. */
export async function* readJournal({ file }: Journal): AsyncGenerator<{ readonly trajectory: Trajectory; readonly offset: number } | { readonly problem: string }> {
  for await (const { text, offset } of readLines(file)) {
    if (text.trim() === "") continue;
    try {
      yield { trajectory: parseTrajectory(text), offset };
    } catch (error) {
      yield { problem: `${file}, byte ${offset}: ${messageOf(error)}` };
    }
  }
}

/** A run that failed at once shows neither votes nor a first thought; the others of its setup do. */
function together(a: Setup, b: Setup): Setup {
  return { ...a, votes: a.votes || b.votes, firstThought: a.firstThought || b.firstThought };
}

function emptyStats(setup: Setup): RunStats {
  return {
    setup,
    trajectories: 0,
    graded: false,
    judged: { right: 0, n: 0 },
    answered: 0,
    forced: 0,
    failed: 0,
    parseErrors: 0,
    executionErrors: 0,
    steps: 0,
    toolCalls: 0,
    retrievalCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    tokensSaved: 0,
    cost: 0,
    ms: 0,
    byLevel: new Map(),
    byType: new Map(),
    bySeed: new Map(),
  };
}

function addTo(stats: RunStats, trajectory: Trajectory): void {
  const facts = factsOf(trajectory);
  const verdict = verdictOf(trajectory);
  stats.trajectories += 1;
  stats.graded ||= trajectory.grade !== undefined;
  stats.answered += facts.outcome === "answered" ? 1 : 0;
  stats.forced += facts.answeredBy === "forced" ? 1 : 0;
  stats.failed += facts.outcome === "error" ? 1 : 0;
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

  if (verdict === "ungraded") return;
  const right = verdict === "right" ? 1 : 0;
  count(stats.judged, right);
  countKind(stats.bySeed, String(facts.seed), right);
  if (facts.level !== undefined) countKind(stats.byLevel, facts.level, right);
  if (facts.category !== undefined) countKind(stats.byType, facts.category, right);
}

function countKind(kinds: Map<string, Tally>, name: string, right: number): void {
  const tally = kinds.get(name) ?? (kinds.size < kindsAtMost ? { right: 0, n: 0 } : undefined);
  if (!tally) return;
  kinds.set(name, tally);
  count(tally, right);
}

function count(tally: Tally, right: number): void {
  tally.right += right;
  tally.n += 1;
}
