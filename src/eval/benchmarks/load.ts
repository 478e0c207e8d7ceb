import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type QuestionFile, readQuestions } from "../../collect/questions.ts";
import { ApprenticeError, messageOf } from "../../errors.ts";
import type { Question } from "../../solvers/types.ts";
import { benchmarks, findBenchmark, knownFiles, type BenchmarkId, type KnownFile } from "./benchmarks.ts";

/** Its questions have `metadata.dataset`, where the benchmark or training set is known. */
export interface QuestionSet extends QuestionFile {
  /** Absent for a set of one's own, and for training questions. */
  readonly benchmark?: BenchmarkId;
  readonly sha256: string;
  /** The file that these bytes are known to be. */
  readonly known?: KnownFile;
}

export interface LoadOptions {
  /** Name of the benchmark that the file holds. Default: what its rows or its bytes say. */
  readonly benchmark?: string;
}

/**
 * Reads a question file ({@link readQuestions}): a benchmark's public one, one of the reference implementation, or one's
 * own, and finds out which benchmark it is.
 *
 * @throws `file_unreadable`; `questions_invalid`, with the row; `benchmark_unknown`.
 */
export async function loadQuestions(path: string, options: LoadOptions = {}): Promise<QuestionSet> {
  const named = options.benchmark === undefined ? undefined : findBenchmark(options.benchmark);
  if (options.benchmark !== undefined && !named) {
    throw new ApprenticeError("benchmark_unknown", `There is no benchmark ${options.benchmark}: choose one of ${benchmarks.map(({ id }) => id).join(", ")}.`);
  }
  const { questions, problems } = await readQuestions(path);
  const sha256 = await checksum(path);
  const known = knownFiles.find((file) => file.sha256 === sha256);
  const benchmark = named?.id ?? (known ? findBenchmark(known.set)?.id : saidBenchmark(questions));
  const dataset = benchmark ?? known?.set;
  return {
    questions: dataset === undefined ? questions : questions.map((question) => ({ ...question, metadata: { ...question.metadata, dataset } })),
    problems,
    ...(benchmark !== undefined && { benchmark }),
    sha256,
    ...(known && { known }),
  };
}

async function checksum(path: string): Promise<string> {
  try {
    return createHash("sha256").update(await readFile(path)).digest("hex");
  } catch (error) {
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** The benchmark that all rows name; its training questions are none of it. */
function saidBenchmark(questions: readonly Question[]): BenchmarkId | undefined {
  if (questions.some(({ metadata }) => metadata?.["split"] === "train")) return undefined;
  const names = new Set(questions.map(({ metadata }) => metadata?.["dataset"] ?? metadata?.["dataset_name"]));
  const [name] = names;
  return names.size === 1 && typeof name === "string" ? findBenchmark(name)?.id : undefined;
}
