import type { FinalAnswer } from "../sandbox/types.ts";

/** Says why a final answer is refused, in words for the model, which then goes on; undefined accepts it. */
export type AnswerCheck = (
  answer: FinalAnswer,
  context: { readonly question: string },
) => string | undefined | Promise<string | undefined>;

export async function firstRefusal(
  checks: readonly AnswerCheck[],
  answer: FinalAnswer,
  question: string,
): Promise<string | undefined> {
  for (const check of checks) {
    const reason = await check(answer, { question });
    if (reason !== undefined) return reason;
  }
  return undefined;
}
