import { readFile } from "node:fs/promises";
import { ApprenticeError, messageOf } from "../errors.ts";
import type { Question } from "../solvers/types.ts";
import { readLines } from "../trajectory/lines.ts";
import { questionOf } from "./question-row.ts";

/** A row of a question file that is not used as it stands. */
export interface QuestionProblem {
  /** Where: a line, or the position in the file, from 1. */
  readonly row: number;
  readonly problem: "no_answer" | "duplicate" | "no_question";
}

export interface QuestionFile {
  /** Each question text once, in order. Those without an answer are among them. */
  readonly questions: readonly Question[];
  readonly problems: readonly QuestionProblem[];
}

/**
 * Reads questions from JSON (`{"examples": [{"id", "question", "answer", …}]}`, the form of the paper's benchmarks, or just
 * the list), JSON lines (also packed) or CSV with a header. Fields have the names that the benchmarks' public files give them.
 *
 * @throws `questions_invalid` with the file, and the row where there is one; `file_unreadable`.
 */
export async function readQuestions(path: string): Promise<QuestionFile> {
  const questions: Question[] = [];
  const problems: QuestionProblem[] = [];
  const seen = new Set<string>();
  for await (const { row, value } of rowsOf(path)) {
    const parsed = questionOf(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new ApprenticeError("questions_invalid", `${path}:${row} is no question: ${issue?.path.length ? `${issue.path.join(".")}: ` : ""}${issue?.message}`);
    }
    const question = parsed.data;
    if (question.text.trim() === "") {
      problems.push({ row, problem: "no_question" });
      continue;
    }
    if (seen.has(question.text)) {
      problems.push({ row, problem: "duplicate" });
      continue;
    }
    seen.add(question.text);
    if (question.answer === undefined) problems.push({ row, problem: "no_answer" });
    questions.push(question);
  }
  if (questions.length === 0) throw new ApprenticeError("questions_invalid", `${path} has no questions.`);
  return { questions, problems };
}

/** Which of a file's questions are asked. */
export interface QuestionRange {
  /** Leaves out the first so many with an answer. Default: 0. */
  readonly skip?: number;
  /** Takes so many of those that follow. Default: all. */
  readonly limit?: number;
}

/**
 * Those with an answer: without one no run can be told right or wrong, and none is training data.
 *
 * @throws `questions_invalid` when none is left.
 */
export function answerable(path: string, questions: readonly Question[], { skip = 0, limit = Infinity }: QuestionRange = {}): readonly Question[] {
  const answered = questions.filter(({ answer }) => answer !== undefined);
  if (answered.length === 0) throw new ApprenticeError("questions_invalid", `${path} has no question with an answer.`);
  if (answered.length <= skip) throw new ApprenticeError("questions_invalid", `${path} has ${answered.length} questions with an answer: none is left after ${skip}.`);
  return answered.slice(skip, skip + limit);
}

interface Row {
  /** Line, or position in the list, from 1. */
  readonly row: number;
  readonly value: unknown;
}

async function* rowsOf(path: string): AsyncGenerator<Row> {
  if (/\.jsonl(\.gz|\.zst)?$/.test(path)) {
    for await (const { number, text } of readLines(path)) if (text.trim() !== "") yield { row: number, value: parseJson(text, path, number) };
    return;
  }
  const text = await read(path);
  if (path.endsWith(".csv")) yield* csvRows(text, path);
  else yield* jsonRows(text, path);
}

async function* csvRows(text: string, path: string): AsyncGenerator<Row> {
  const { default: papaparse } = await import("papaparse");
  const { data, errors } = papaparse.parse(text, { header: true, skipEmptyLines: "greedy" });
  const [error] = errors;
  if (error) throw new ApprenticeError("questions_invalid", `${path}: row ${(error.row ?? 0) + 1}: ${error.message}`);
  for (const [index, value] of data.entries()) yield { row: index + 1, value };
}

/** A list, an object with a list, or, as some benchmarks name their JSON lines, one object a line. */
function* jsonRows(text: string, path: string): Generator<Row> {
  const lines = text.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : [{ line, number: index + 1 }]));
  const [first, second] = lines;
  if (first && second && isObject(first.line)) {
    for (const { line, number } of lines) yield { row: number, value: parseJson(line, path, number) };
    return;
  }
  const whole = parseJson(text, path);
  const list: unknown = Array.isArray(whole) ? whole : typeof whole === "object" && whole !== null ? ("examples" in whole ? whole.examples : [whole]) : undefined;
  if (!Array.isArray(list)) throw new ApprenticeError("questions_invalid", `${path} has no list of questions: give {"examples": [{"question", "answer"}]}, or .jsonl, or .csv.`);
  for (const [index, value] of list.entries()) yield { row: index + 1, value };
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

async function read(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function parseJson(text: string, path: string, row?: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApprenticeError("questions_invalid", `${path}${row === undefined ? "" : `:${row}`} is not JSON: ${messageOf(error)}`, { cause: error });
  }
}
