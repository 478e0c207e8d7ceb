import { exactMatch, f1, goldAnswers, graderFor, type Grader } from "../grading/index.ts";
import { committedToolCalls, countErrors, wasCutOff } from "../trajectory/count.ts";
import { savings } from "../trajectory/savings.ts";
import type { Outcome, Trajectory } from "../trajectory/schema.ts";
import { setOf } from "./benchmarks/benchmarks.ts";

/** What a run's record says without any grader. */
export interface RunFacts {
  /** What the question file says of its difficulty, e.g. `5`, and its kind, e.g. `Algebra`. */
  readonly level?: string;
  readonly category?: string;
  readonly seed: number;
  readonly attempt: number;
  readonly outcome: Outcome["type"];
  /** Whether the answer came from `final_answer`, was forced after the last step, or is a response's. */
  readonly answeredBy?: Extract<Outcome, { type: "answered" }>["by"];
  /** Whether a turn that counted was ended by the limit of tokens. */
  readonly cutOff: boolean;
  /** Committed actions without readable code, and with code that failed. */
  readonly parseErrors: number;
  readonly executionErrors: number;
  readonly steps: number;
  /** Of committed actions. */
  readonly toolCalls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** About as many more would have been written if no candidate had been stopped as needless; absent when none was. */
  readonly tokensSaved?: number;
  /** US dollars; absent when the model does not say. */
  readonly cost?: number;
  readonly ms: number;
}

/** What evaluation keeps of one run: a small record, so that very many fit into memory. */
export interface Score extends RunFacts {
  /** The trajectory's id: of two records with one id one counts ({@link summarize}). */
  readonly id: string;
  readonly subject: Subject;
  /** The question, the same in every run that was asked it. */
  readonly question: string;
  /** A run that ended in an error is wrong. */
  readonly correct: boolean;
  /** The grader's score, 0…1; 0 for a run that ended without an answer. */
  readonly score: number;
  /** SQuAD's measures, for factual questions. */
  readonly exactMatch?: boolean;
  readonly f1?: number;
  readonly grader: string;
}

/** What was evaluated, and on what: the runs that are summed up together. */
export interface Subject {
  /** A benchmark's id, or the name of another set; `questions` when neither is known. */
  readonly dataset: string;
  readonly solver: string;
  readonly sampler: string;
  readonly prompt: string;
  readonly model: string;
  readonly firstThought: boolean;
}

export interface ScoreOptions {
  /** Default: by benchmark ({@link graderFor}). `recorded`: what the trajectory was graded as, where it was. */
  readonly grader?: Grader | "recorded";
  /** Grader for factual questions, where the grader is chosen by benchmark. Default: exact match. */
  readonly factual?: Grader;
  /** Runs that are graded at once; of use with a judge. Default: 1. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
}

/** Scores one run. Throws only what the grader throws, e.g. a judge that cannot be reached. */
export async function scoreRun(trajectory: Trajectory, options: ScoreOptions = {}): Promise<Score> {
  const { question, outcome } = trajectory;
  const answer = outcome.type === "answered" ? outcome.answer : undefined;
  const chosen = graderFor(question, options.factual);
  const grader = options.grader === undefined || options.grader === "recorded" ? chosen : options.grader;
  const recorded = options.grader === "recorded" ? trajectory.grade : undefined;
  const grade = recorded ?? (await grader.grade(answer, question, options.signal ? { signal: options.signal } : {}));
  const answered = answer !== undefined;
  const factual = graderFor(question).id === "exact_match";
  const golds = goldAnswers(question);
  return {
    id: trajectory.id,
    subject: subjectOf(trajectory),
    question: question.id,
    ...factsOf(trajectory),
    correct: answered && grade.correct,
    score: answered ? grade.score : 0,
    ...(factual && { exactMatch: answered && exactMatch(answer, golds), f1: answered ? f1(answer, golds) : 0 }),
    grader: grade.grader,
  };
}

/** Counts what a record says. */
export function factsOf(trajectory: Trajectory): RunFacts {
  const { question, outcome, usage, steps } = trajectory;
  const errors = countErrors(trajectory);
  const saved = steps.reduce((sum, step) => sum + (step.kind === "action" ? savings(step).tokens : 0), 0);
  return {
    ...named("level", question.metadata?.["level"]),
    ...named("category", question.metadata?.["subject"] ?? question.metadata?.["type"]),
    seed: trajectory.seed,
    attempt: trajectory.attempt,
    outcome: outcome.type,
    ...(outcome.type === "answered" && { answeredBy: outcome.by }),
    cutOff: wasCutOff(trajectory),
    parseErrors: errors.parse,
    executionErrors: errors.execution,
    steps: steps.length,
    toolCalls: committedToolCalls(steps).length,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    ...(saved > 0 && { tokensSaved: saved }),
    ...(usage.cost !== undefined && { cost: usage.cost }),
    ms: trajectory.ms,
  };
}

/** Scores runs as they are read, in order; of those that were interrupted nothing is said. */
export async function* scoreRuns(trajectories: AsyncIterable<Trajectory> | Iterable<Trajectory>, options: ScoreOptions = {}): AsyncGenerator<Score> {
  const pending: Promise<Score>[] = [];
  for await (const trajectory of trajectories) {
    options.signal?.throwIfAborted();
    if (trajectory.outcome.type === "aborted") continue;
    const score = scoreRun(trajectory, options);
    // Met below, in turn; until then it is no unhandled rejection.
    score.catch(() => undefined);
    pending.push(score);
    if (pending.length >= (options.concurrency ?? 1)) yield* next(pending);
  }
  while (pending.length > 0) yield* next(pending);
}

async function* next(pending: Promise<Score>[]): AsyncGenerator<Score> {
  const score = pending.shift();
  if (score) yield await score;
}

/** `Level 5` and 5 are one level. */
function named(name: "level" | "category", value: unknown): { level?: string; category?: string } {
  return typeof value === "string" || typeof value === "number" ? { [name]: String(value).replace(/^level\s+/i, "") } : {};
}

function subjectOf({ question, solver, model, firstThought }: Trajectory): Subject {
  return { dataset: setOf(question) ?? "questions", solver: solver.id, sampler: solver.sampler, prompt: solver.prompt, model, firstThought: firstThought !== undefined };
}

/** A name for a subject that no other has. */
export function subjectKey(subject: Subject): string {
  return JSON.stringify([subject.dataset, subject.solver, subject.sampler, subject.prompt, subject.model, subject.firstThought]);
}
