import { countErrors, wasCutOff } from "./count.ts";
import type { Trajectory } from "./schema.ts";
import { sumUsage } from "./usage.ts";

/** What a set of trajectories adds up to. */
export interface Stats {
  readonly trajectories: number;
  readonly questions: number;
  /** Questions with at least one right trajectory. */
  readonly questionsRight: number;
  readonly graded: number;
  readonly right: number;
  readonly outcomes: { readonly [type in Trajectory["outcome"]["type"]]: number };
  /** Those with a turn that was ended by the limit of tokens. */
  readonly cutOff: number;
  /** Committed actions that failed (section 7). */
  readonly errors: { readonly parse: number; readonly execution: number };
  /** Actions, responses and forced answers. */
  readonly steps: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** In US dollars, of those trajectories that say. */
  readonly cost: number;
  /** Sum of the runs' times, in milliseconds. */
  readonly ms: number;
  /** Trajectories by solver and model, e.g. `agent qwen2.5-coder-1.5b`. */
  readonly by: { readonly [solverAndModel: string]: number };
}

/** Adds up trajectories, one at a time: memory grows with the number of questions, not with the records' size. */
export async function statsOf(trajectories: AsyncIterable<Trajectory>): Promise<Stats> {
  const seen = new Map<string, boolean>();
  const outcomes = { answered: 0, no_answer: 0, error: 0, aborted: 0 };
  const by: Record<string, number> = {};
  const errors = { parse: 0, execution: 0 };
  let usage = sumUsage([]);
  let [count, graded, right, cutOff, steps, ms] = [0, 0, 0, 0, 0, 0];
  for await (const trajectory of trajectories) {
    const correct = trajectory.grade?.correct === true;
    const key = `${trajectory.question.id}\n${trajectory.question.text}`;
    seen.set(key, correct || seen.get(key) === true);
    count += 1;
    graded += trajectory.grade ? 1 : 0;
    right += correct ? 1 : 0;
    outcomes[trajectory.outcome.type] += 1;
    cutOff += wasCutOff(trajectory) ? 1 : 0;
    const { parse, execution } = countErrors(trajectory);
    errors.parse += parse;
    errors.execution += execution;
    steps += trajectory.steps.length;
    usage = sumUsage([usage, trajectory.usage]);
    ms += trajectory.ms;
    const name = `${trajectory.solver.id} ${trajectory.model}`;
    by[name] = (by[name] ?? 0) + 1;
  }
  return {
    trajectories: count,
    questions: seen.size,
    questionsRight: [...seen.values()].filter(Boolean).length,
    graded,
    right,
    outcomes,
    cutOff,
    errors,
    steps,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cost: usage.cost ?? 0,
    ms,
    by,
  };
}
