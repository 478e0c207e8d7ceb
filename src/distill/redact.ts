/** Runs on benchmarks, recorded without the questions, which are not to be published; and those put back. */

import { createHash } from "node:crypto";
import { questionId } from "../solvers/record.ts";
import type { Question } from "../solvers/types.ts";
import type { Trajectory } from "../trajectory/schema.ts";

const PLACE = "{{the question}}";

/** A record's line with a hash for its question; where the question is repeated word for word, a placeholder. */
export function withoutQuestion(line: string): string {
  const { question, ...rest } = JSON.parse(line) as Trajectory;
  const text = JSON.stringify(rest).replaceAll(spelt(question.text), PLACE);
  return JSON.stringify({ ...(JSON.parse(text) as object), question: hash(question.text) });
}

/** The way back. A record of a question that is not among those given is left out. */
export function withQuestions(questions: readonly Question[]): (line: string) => string | undefined {
  const byHash = new Map(questions.map((question) => [hash(question.text), question]));
  return (line) => {
    const { question: name, ...rest } = JSON.parse(line) as { readonly question: string };
    const question = byHash.get(name);
    if (!question) return undefined;
    const text = JSON.stringify(rest).replaceAll(PLACE, () => spelt(question.text));
    return JSON.stringify({ ...(JSON.parse(text) as object), question: { ...question, id: questionId(question) } });
  };
}

/** As it stands between quotes in JSON. */
function spelt(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
