import { countErrors } from "./count.ts";
import { literalAnswer } from "./literal-answer.ts";
import type { Trajectory } from "./schema.ts";

/** Why a trajectory is not training data. */
export interface Rejection {
  /** Stable, snake_case, e.g. `wrong`. */
  readonly reason: string;
  /** What in this trajectory it is, for people. */
  readonly detail?: string;
}

/** Refuses a trajectory, or undefined lets it pass. May remember those it let pass. */
export type Filter = (trajectory: Trajectory) => Rejection | undefined;

/** The run did not end by itself: the model or the sandbox failed, or it was stopped. */
export const unfinished: Filter = ({ outcome }) =>
  outcome.type === "error" || outcome.type === "aborted" ? { reason: "unfinished", detail: outcome.message } : undefined;

/** Graded wrong, or not graded (appendix C). */
export const wrong: Filter = ({ grade }) => {
  if (!grade) return { reason: "not_graded" };
  return grade.correct ? undefined : { reason: "wrong", ...(grade.reason !== undefined && { detail: grade.reason }) };
};

/** A committed turn had no readable code, or code with a SyntaxError. Code that failed as it ran is kept: from its error the next turn learns. */
export const parseError: Filter = (trajectory) => {
  const { parse } = countErrors(trajectory);
  return parse > 0 ? { reason: "parse_error", detail: `${parse} of ${trajectory.steps.length} steps` } : undefined;
};

/** The answer was asked for in words after the last step: the agent did not finish by itself. */
export const forcedAnswer: Filter = ({ outcome }) =>
  outcome.type === "answered" && outcome.by === "forced" ? { reason: "forced_answer" } : undefined;

/** More than `maxTokens` tokens of turns were written, of all committed steps together. */
export function tooLong(maxTokens: number): Filter {
  return ({ steps }) => {
    let tokens = 0;
    for (const step of steps) {
      if (step.kind === "action") tokens += step.candidates[step.vote.winner]?.usage.outputTokens ?? 0;
      else if (step.kind === "response") tokens += step.responses[step.vote.winner]?.usage.outputTokens ?? 0;
      else tokens += step.usage.outputTokens;
    }
    return tokens > maxTokens ? { reason: "too_long", detail: `${tokens} tokens` } : undefined;
  };
}

/** The answer is a constant of the last code that no code had computed or printed before: the model computed in its head. */
export const literal: Filter = (trajectory) => {
  const found = literalAnswer(trajectory);
  return found === undefined ? undefined : { reason: "literal_answer", detail: found };
};

/** A trajectory for the same question text was let pass already: the first one wins. */
export function duplicateQuestion(): Filter {
  const seen = new Set<string>();
  return ({ question }) => {
    const text = question.text.toLowerCase().replaceAll(/\s+/g, " ").trim();
    if (seen.has(text)) return { reason: "duplicate_question" };
    seen.add(text);
    return undefined;
  };
}

/** The first rejection of several filters. Those after it do not see the trajectory. */
export function firstRejection(filters: readonly Filter[], trajectory: Trajectory): Rejection | undefined {
  for (const filter of filters) {
    const rejection = filter(trajectory);
    if (rejection) return rejection;
  }
  return undefined;
}

/** The paper's filter: right answers without a parse error, runs that ended by themselves. */
export const paperFilters: readonly Filter[] = [unfinished, wrong, parseError];
