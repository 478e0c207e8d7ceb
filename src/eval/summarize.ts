import { standingOf } from "../trajectory/standing.ts";
import { subjectKey, type Score, type Subject } from "./score.ts";
import { bootstrapMean, mean, wilson, type BootstrapOptions, type Estimate } from "./statistics/intervals.ts";

/** Runs of one subject, summed up. Numbers without a unit are means over runs. */
export interface Summary extends Subject {
  /** The level or category that these runs are of, where they were asked for. */
  readonly group?: string;
  readonly runs: number;
  readonly questions: number;
  /** Share of right answers. Wilson's interval; the bootstrap's over questions when some were asked several times. */
  readonly accuracy: Estimate;
  /** The grader's mean score; only where it is not 0 or 1 throughout. */
  readonly score?: Estimate;
  /** SQuAD's measures, of factual questions. */
  readonly exactMatch?: Estimate;
  readonly f1?: Estimate;
  /** Accuracy of each repetition, when there are several, and their sample standard deviation. */
  readonly repeats?: { readonly accuracies: readonly { readonly seed: number; readonly attempt: number; readonly runs: number; readonly accuracy: number }[]; readonly deviation: number };
  readonly graders: readonly string[];
  /** How runs ended, in numbers of runs. */
  readonly outcomes: { readonly answered: number; readonly forced: number; readonly noAnswer: number; readonly error: number };
  /** Runs with a turn that counted and was ended by the limit of tokens: where they are many, a larger limit may change the result. */
  readonly cutOff: number;
  readonly parseErrors: number;
  readonly executionErrors: number;
  readonly steps: number;
  readonly toolCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of candidates that were stopped as needless: about as many more would have been written. Absent when none was. */
  readonly tokensSaved?: number;
  readonly ms: number;
  /** US dollars of all runs together; absent when no model said. */
  readonly cost?: number;
}

export interface SummaryOptions extends BootstrapOptions {
  /** Sums up each level or category by itself, as in the paper's figure 4. Default: all together. */
  readonly by?: "level" | "category";
}

/**
 * Sums up scores, by what was evaluated.
 *
 * Takes memory for one small record a run. Of records with one id the last counts, a run that was done again after an error; but a
 * failed one never in place of one that ended by itself.
 */
export async function summarize(scores: AsyncIterable<Score> | Iterable<Score>, options: SummaryOptions = {}): Promise<Summary[]> {
  const { by } = options;
  const groupOf = (score: Score) => (by === undefined ? undefined : (score[by] ?? "none"));
  const groups = groupScores(await latest(scores), (score) => subjectKey(score.subject) + (groupOf(score) ?? ""));
  return [...groups.values()].map((group) => {
    const name = groupOf(group[0]);
    return { ...summary(group, options), ...(name !== undefined && { group: name }) };
  });
}

/** The score of each run that counts, as of its records: the last, but a failed one never in place of one that did not fail. */
export async function latest(scores: AsyncIterable<Score> | Iterable<Score>): Promise<Score[]> {
  const byId = new Map<string, Score>();
  for await (const score of scores) {
    const before = byId.get(score.id);
    if (before === undefined || standingOf(score.outcome) >= standingOf(before.outcome)) byId.set(score.id, score);
  }
  return [...byId.values()];
}

/** Scores by a key, in the order of its first appearance. */
export function groupScores(scores: readonly Score[], key: (score: Score) => string): Map<string, [Score, ...Score[]]> {
  const groups = new Map<string, [Score, ...Score[]]>();
  for (const score of scores) {
    const group = groups.get(key(score));
    if (group) group.push(score);
    else groups.set(key(score), [score]);
  }
  return groups;
}

function summary(scores: readonly [Score, ...Score[]], options: BootstrapOptions): Summary {
  const questions = groupScores(scores, ({ question }) => question);
  const repeated = questions.size < scores.length;
  const binary = (of: (score: Score) => boolean): Estimate =>
    repeated ? overQuestions(questions, (score) => Number(of(score)), options) : wilson(scores.filter(of).length, scores.length, options.confidence);
  const each = (of: (score: Score) => number): number => mean(scores.map(of));
  const factual = scores.every((score) => score.f1 !== undefined);
  const costs = scores.flatMap(({ cost }) => cost ?? []);
  const count = (is: (score: Score) => boolean) => scores.filter(is).length;
  return {
    ...scores[0].subject,
    runs: scores.length,
    questions: questions.size,
    accuracy: binary((score) => score.correct),
    ...(scores.some(({ score }) => score !== 0 && score !== 1) && { score: overQuestions(questions, ({ score }) => score, options) }),
    ...(factual && {
      exactMatch: binary((score) => score.exactMatch === true),
      f1: overQuestions(questions, (score) => score.f1 ?? 0, options),
    }),
    ...(repeated && { repeats: repetitions(scores) }),
    graders: [...new Set(scores.map(({ grader }) => grader))].sort(),
    outcomes: {
      answered: count(({ outcome, answeredBy }) => outcome === "answered" && answeredBy !== "forced"),
      forced: count(({ answeredBy }) => answeredBy === "forced"),
      noAnswer: count(({ outcome }) => outcome === "no_answer"),
      error: count(({ outcome }) => outcome === "error"),
    },
    cutOff: count(({ cutOff }) => cutOff),
    parseErrors: each((score) => score.parseErrors),
    executionErrors: each((score) => score.executionErrors),
    steps: each((score) => score.steps),
    toolCalls: each((score) => score.toolCalls),
    inputTokens: each((score) => score.inputTokens),
    outputTokens: each((score) => score.outputTokens),
    ...(scores.some(({ tokensSaved }) => tokensSaved !== undefined) && { tokensSaved: each((score) => score.tokensSaved ?? 0) }),
    ms: each((score) => score.ms),
    ...(costs.length > 0 && { cost: costs.reduce((sum, cost) => sum + cost, 0) }),
  };
}

/** Runs of one question depend on each other, so that questions are what is resampled. */
function overQuestions(questions: ReadonlyMap<string, readonly Score[]>, of: (score: Score) => number, options: BootstrapOptions): Estimate {
  return bootstrapMean([...questions.values()].map((scores) => mean(scores.map(of))), options);
}

function repetitions(scores: readonly Score[]): NonNullable<Summary["repeats"]> {
  const groups = groupScores(scores, ({ seed, attempt }) => `${seed} ${attempt}`);
  const accuracies = [...groups.values()].map((group) => ({
    seed: group[0].seed,
    attempt: group[0].attempt,
    runs: group.length,
    accuracy: mean(group.map(({ correct }) => Number(correct))),
  }));
  const centre = mean(accuracies.map(({ accuracy }) => accuracy));
  const variance = accuracies.reduce((sum, { accuracy }) => sum + (accuracy - centre) ** 2, 0) / Math.max(1, accuracies.length - 1);
  return { accuracies, deviation: Math.sqrt(variance) };
}
