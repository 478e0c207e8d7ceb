/** Recorded runs without their questions, which belong to benchmarks and are not to be published; and these put back. */

import { createHash } from "node:crypto";
import { questionId } from "../solvers/record.ts";
import type { Question } from "../solvers/types.ts";
import type { NamedQuestions } from "./files.ts";
import type { Kept } from "./stage.ts";

/** Stand for what is left out. */
const [questionPlace, solutionPlace] = ["{{the question}}", "{{its solution}}"];

/** The files of a collection or an evaluation that an archive takes. */
export function keptRuns(questions: Pick<NamedQuestions, "load">): Kept[] {
  return [
    { file: "trajectories.jsonl", records: apart(questions) },
    { file: "first-thoughts/trajectories.jsonl", records: apart(questions, ({ text }) => text) },
  ];
}

/** Records whose `question` is left out on the way to the archive. `as`: what it was, given the question. Default: a trajectory's. */
export function apart(questions: Pick<NamedQuestions, "load">, as: (question: Question) => unknown = recorded): NonNullable<Kept["records"]> {
  return { save: withoutQuestion, restore: async () => withQuestions((await questions.load()).questions, as) };
}

/** A hash stands for the question; where it, or its solution, is repeated word for word, a placeholder. */
function withoutQuestion(record: object): object {
  const { question, ...rest } = record as { readonly question: string | Question };
  const { text, solution }: Pick<Question, "text" | "solution"> = typeof question === "string" ? { text: question } : question;
  const unsolved = solution === undefined ? rest : replaced(rest, solution, solutionPlace);
  return { ...replaced(unsolved, text, questionPlace), question: hash(text) };
}

/** The way back. A record of a question that is not among those given is left out. */
function withQuestions(questions: readonly Question[], as: (question: Question) => unknown): (record: object) => object | undefined {
  const byHash = new Map(questions.map((question) => [hash(question.text), question]));
  return (record) => {
    const { question: name, ...rest } = record as { readonly question: string };
    const question = byHash.get(name);
    if (!question) return undefined;
    const asked = replaced(rest, questionPlace, question.text);
    return { ...(question.solution === undefined ? asked : replaced(asked, solutionPlace, question.solution)), question: as(question) };
  };
}

function recorded(question: Question): Question {
  return { ...question, id: questionId(question) };
}

/** The same with one piece of text for another wherever it stands. */
function replaced(value: object, piece: string, by: string): object {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === "string" ? each.replaceAll(piece, () => by) : each))) as object;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
