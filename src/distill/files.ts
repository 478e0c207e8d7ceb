import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { answerable, type QuestionRange } from "../collect/questions.ts";
import { ApprenticeError } from "../errors.ts";
import { benchmarksFolder, findBenchmark, findQuestionFile, knownFiles, loadQuestions, type QuestionSet } from "../eval/index.ts";
import type { Experiment } from "./experiment.ts";

/** The questions that an experiment names. */
export interface NamedQuestions {
  readonly name: string;
  /** How many are asked, as far as is known. */
  readonly count: number;
  /** What goes into a stage's hash. */
  readonly inputs: QuestionRange & { readonly sha256: string; readonly benchmark?: string };
  /** Why they cannot be read. */
  readonly missing?: ApprenticeError;
  /** Those with an answer. */
  load(): Promise<QuestionSet>;
}

/** Looks questions up. Those that are not there are `missing`: a plan can still be made. */
export async function nameQuestions(name: string, { file, benchmark, ...range }: Experiment["questions"][string], folder: string): Promise<NamedQuestions> {
  try {
    const found = file === undefined ? await findQuestionFile(benchmark ?? "") : { path: await besides(file, folder), ...(benchmark !== undefined && { benchmark }) };
    const set = await loadQuestions(found.path, found.benchmark === undefined ? {} : { benchmark: found.benchmark });
    const asked = { ...set, questions: answerable(found.path, set.questions, range) };
    return { name, count: asked.questions.length, inputs: { sha256: set.sha256, ...range, ...(found.benchmark !== undefined && { benchmark: found.benchmark }) }, load: async () => asked };
  } catch (error) {
    if (!(error instanceof ApprenticeError) || (error.code !== "file_unreadable" && error.code !== "benchmark_missing")) throw error;
    const meant = file === undefined ? findBenchmark(benchmark ?? "")?.id : benchmark;
    if (file === undefined && meant === undefined) throw error;
    const known = knownFiles.find((each) => (file === undefined ? each.set === meant : each.name === file));
    return {
      name,
      count: Math.min(range.limit ?? Infinity, Math.max(0, (known?.questions ?? 500) - (range.skip ?? 0))),
      inputs: { sha256: known?.sha256 ?? "missing", ...range, ...(meant !== undefined && { benchmark: meant }) },
      missing: new ApprenticeError("questions_missing", error.message, { cause: error }),
      load: async () => Promise.reject(error),
    };
  }
}

async function besides(file: string, folder: string): Promise<string> {
  for (const path of isAbsolute(file) ? [file] : [resolve(folder, file), join(benchmarksFolder(), file)]) {
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  throw new ApprenticeError("file_unreadable", `${file} is neither in ${folder} nor in ${benchmarksFolder()}.`);
}

/** What stands for a file in a stage's hash; of a folder, its manifest. Undefined when it is not there. */
export async function fingerprint(path: string): Promise<string | undefined> {
  for (const candidate of [path, join(path, "manifest.json"), join(path, "index.json")]) {
    const bytes = await readFile(candidate).catch(() => undefined);
    if (bytes) return createHash("sha256").update(bytes).digest("hex");
  }
  return undefined;
}
