import { committedToolCalls, countErrors } from "../../trajectory/count.ts";
import type { Trajectory } from "../../trajectory/schema.ts";

/** What the viewer's list shows of a trajectory, searches and filters by. */
export interface Summary {
  /** Names the trajectory within the view. */
  readonly key: string;
  /** The trajectory's own, which a run that was repeated after a failure has again. */
  readonly id: string;
  readonly run: string;
  readonly question: { readonly id: string; readonly text: string };
  readonly model: string;
  readonly solver: string;
  readonly seed: number;
  readonly attempt: number;
  readonly outcome: Trajectory["outcome"]["type"];
  readonly forced: boolean;
  readonly answer: string | undefined;
  readonly verdict: Verdict;
  readonly steps: number;
  readonly parseErrors: number;
  readonly executionErrors: number;
  readonly toolCalls: number;
  readonly outputTokens: number;
  readonly ms: number;
}

export type Verdict = "right" | "wrong" | "ungraded";

/** Lines that are no trajectories. */
export interface Unreadable {
  readonly count: number;
  /** Where the first of them is, and what is wrong with it. */
  readonly first?: string;
}

const shownOfQuestion = 300;
const shownOfAnswer = 120;

export function summarise(trajectory: Trajectory, run: string, key: string): Summary {
  const { question, outcome, solver, steps } = trajectory;
  const { parse, execution } = countErrors(trajectory);
  return {
    key,
    id: trajectory.id,
    run,
    question: { id: question.id, text: question.text.slice(0, shownOfQuestion) },
    model: trajectory.model,
    solver: `${solver.id} · ${solver.sampler}`,
    seed: trajectory.seed,
    attempt: trajectory.attempt,
    outcome: outcome.type,
    forced: outcome.type === "answered" && outcome.by === "forced",
    answer: outcome.type === "answered" ? outcome.answer.slice(0, shownOfAnswer) : undefined,
    verdict: verdictOf(trajectory),
    steps: steps.length,
    parseErrors: parse,
    executionErrors: execution,
    toolCalls: committedToolCalls(steps).length,
    outputTokens: trajectory.usage.outputTokens,
    ms: trajectory.ms,
  };
}

/** A run that gave no answer is wrong without a grader's word; of one that was interrupted nothing is said. */
export function verdictOf({ grade, outcome }: Pick<Trajectory, "grade" | "outcome">): Verdict {
  if (outcome.type === "aborted") return "ungraded";
  if (outcome.type !== "answered") return "wrong";
  if (!grade) return "ungraded";
  return grade.correct ? "right" : "wrong";
}
