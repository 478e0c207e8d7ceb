/** Recorded runs without their questions, which belong to benchmarks and are not to be published; and these put back. */

import { createHash } from "node:crypto";
import { questionId } from "../solvers/record.ts";
import type { Question } from "../solvers/types.ts";
import type { NamedQuestions } from "./files.ts";
import type { Kept } from "./stage.ts";

const PLACE = "{{the question}}";

/** Records whose `question` is left out on the way to the archive. `as`: what it was, given the question. Default: a trajectory's. */
export function apart(questions: Pick<NamedQuestions, "load">, as: (question: Question) => unknown = recorded): NonNullable<Kept["records"]> {
  return { save: withoutQuestion, restore: async () => withQuestions((await questions.load()).questions, as) };
}

/** A hash stands for the question; where it is repeated word for word, a placeholder. */
function withoutQuestion(record: object): object {
  const { question, ...rest } = record as { readonly question: string | Question };
  const { text } = typeof question === "string" ? { text: question } : question;
  return { ...replaced(rest, spelt(text), PLACE), question: hash(text) };
}

/** The way back. A record of a question that is not among those given is left out. */
function withQuestions(questions: readonly Question[], as: (question: Question) => unknown): (record: object) => object | undefined {
  const byHash = new Map(questions.map((question) => [hash(question.text), question]));
  return (record) => {
    const { question: name, ...rest } = record as { readonly question: string };
    const question = byHash.get(name);
    return question && { ...replaced(rest, PLACE, spelt(question.text)), question: as(question) };
  };
}

function recorded(question: Question): Question {
  return { ...question, id: questionId(question) };
}

/** The same with one piece of text for another wherever it stands. */
function replaced(value: object, piece: string, by: string): object {
  return JSON.parse(JSON.stringify(value).replaceAll(piece, () => by)) as object;
}

/** As it stands between quotes in JSON. */
function spelt(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
