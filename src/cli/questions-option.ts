import type { Command } from "commander";
import { answerable, type QuestionFile, type QuestionRange } from "../collect/questions.ts";
import type { Question } from "../solvers/types.ts";
import { wholeNumber } from "./options.ts";

/** Options that say which of a file's questions are asked. */
export function addRangeOptions(command: Command): Command {
  return command.option("--skip <n>", "leave out the first so many questions", wholeNumber).option("--limit <n>", "only the first so many questions, of those not left out", wholeNumber);
}

/** The questions to ask; rows that are left out are named on stderr. */
export function askedQuestions(path: string, { questions, problems }: QuestionFile, range: QuestionRange): readonly Question[] {
  const words = { no_answer: "without an answer, left out", duplicate: "that repeat a question, left out", no_question: "without a question, left out" };
  for (const [problem, what] of Object.entries(words)) {
    const rows = problems.filter((each) => each.problem === problem).map(({ row }) => row);
    if (rows.length > 0) process.stderr.write(`apprentice: ${path}: ${rows.length} ${rows.length === 1 ? "row" : "rows"} ${what}: ${rows.slice(0, 10).join(", ")}${rows.length > 10 ? ", …" : ""}\n`);
  }
  return answerable(path, questions, range);
}
