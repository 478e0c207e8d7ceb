import type { Step, Trajectory } from "./schema.ts";

/** Committed actions that failed, as the paper counts them (section 7): without readable code, and with code that failed. */
export function countErrors(trajectory: Pick<Trajectory, "steps">): { parse: number; execution: number } {
  let parse = 0;
  let execution = 0;
  for (const step of trajectory.steps) {
    if (step.kind !== "action") continue;
    const winner = step.candidates[step.vote.winner];
    if (!winner?.action.ok || winner.attempt?.error?.kind === "syntax") parse += 1;
    else if (winner.attempt?.error) execution += 1;
  }
  return { parse, execution };
}

/** Whether a turn that counted, an action's or a response's, was ended by the limit of tokens. */
export function wasCutOff({ steps }: Pick<Trajectory, "steps">): boolean {
  return steps.some((step) => {
    if (step.kind === "forced_answer") return false;
    const turns = step.kind === "action" ? step.candidates : step.responses;
    return turns[step.vote.winner]?.finish === "length";
  });
}

/** Above this share of runs, what is measured may be the limit. */
const MANY_CUT_OFF = 0.05;

/** What to say where a limit of tokens may have decided the result; undefined where it has not. */
export function cutOffNote(cutOff: number, runs: number): string | undefined {
  if (cutOff <= MANY_CUT_OFF * runs) return undefined;
  return `${cutOff} of ${runs} runs have a turn that ended at its limit of tokens: a larger one (--max-tokens, maxTokens) may change the result.`;
}

/** The tool calls of the actions that were committed. */
export function committedToolCalls(steps: readonly Step[]): readonly { readonly name: string }[] {
  return steps.flatMap((step) => (step.kind === "action" ? (step.candidates[step.vote.winner]?.attempt?.toolCalls ?? []) : []));
}
