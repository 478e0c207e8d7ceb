import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { ApprenticeError, messageOf } from "../errors.ts";
import { resolveModel } from "../model/catalogue/resolve.ts";
import { evaluationName, type Experiment, experimentSchema } from "./experiment.ts";

/** An experiment, and the folder that its files are named from. */
export interface ExperimentFile {
  readonly experiment: Experiment;
  readonly folder: string;
}

/**
 * Reads an experiment. Anchors, aliases and merge keys (`<<: *base`) may be used; keys that begin with `x-` are for them.
 *
 * @throws `experiment_invalid` with the line or the field; `file_unreadable`.
 */
export async function readExperiment(path: string): Promise<ExperimentFile> {
  const source = await readFile(path, "utf8").catch((error: unknown) => {
    throw new ApprenticeError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return { experiment: await parseExperiment(source, basename(path)), folder: dirname(resolve(path)) };
}

/** @throws `experiment_invalid` */
export async function parseExperiment(source: string, place: string): Promise<Experiment> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(source, { merge: true });
  const [problem] = document.errors;
  if (problem) throw new ApprenticeError("experiment_invalid", `${place}: ${problem.message.split("\n")[0]}`);
  let value: unknown;
  try {
    // A few aliases of aliases can stand for gigabytes.
    value = document.toJS({ maxAliasCount: 1000 });
  } catch (error) {
    throw new ApprenticeError("experiment_invalid", `${place}: ${messageOf(error)}`, { cause: error });
  }
  const fields = typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-"))) : value;
  const parsed = experimentSchema.safeParse(fields);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ApprenticeError("experiment_invalid", `${place}: ${issue?.path.join(".") || "the file"}: ${issue?.message}`);
  }
  checkNames(parsed.data, place);
  return parsed.data;
}

function checkNames({ questions, collections, students, evaluations, report }: Experiment, place: string): void {
  const invalid = (message: string): never => {
    throw new ApprenticeError("experiment_invalid", `${place}: ${message}`);
  };
  const known = (kind: string, names: object, wanted: string | readonly string[] | undefined, where: string) => {
    for (const each of wanted === undefined ? [] : [wanted].flat()) {
      if (!Object.hasOwn(names, each)) invalid(`${where}: there are no ${kind} "${each}": there are ${Object.keys(names).join(", ") || "none"}.`);
    }
  };
  for (const [name, each] of Object.entries(collections)) known("questions", questions, each.questions, `collections.${name}.questions`);
  for (const [name, each] of Object.entries(students)) {
    known("collections", collections, each.from, `students.${name}.from`);
    known("questions", questions, each.filter.testSets, `students.${name}.filter.testSets`);
    if (!isGguf(each.tokenizer ?? each.model)) invalid(`students.${name}: template and tokens are read from a GGUF file, and "${each.tokenizer ?? each.model}" is none: give tokenizer: a catalogue name, a .gguf file or hf:owner/repo/file.gguf.`);
  }
  const stages = new Set<string>();
  for (const [name, each] of Object.entries(evaluations)) {
    known("students", students, each.student, `evaluations.${name}.student`);
    known("questions", questions, each.questions, `evaluations.${name}.questions`);
    const student = each.student === undefined || each.model !== undefined ? undefined : students[each.student];
    const why = student?.training.method === "full" ? "is fine-tuned in full, so it has no adapter" : student && !isGguf(student.model) ? "is trained from no GGUF file, so it cannot be opened here" : undefined;
    if (why !== undefined) invalid(`evaluations.${name}: ${each.student} ${why}: serve it and give model: openai:NAME@http://host:8000/v1.`);
    for (const stage of [each.questions].flat().map((questions) => evaluationName(name, questions))) {
      if (stages.has(stage)) invalid(`evaluations.${name}: another evaluation is called ${stage}, too: rename one.`);
      stages.add(stage);
    }
  }
  known("evaluations", evaluations, report.baseline, "report.baseline");
}

function isGguf(model: string): boolean {
  try {
    resolveModel(model);
    return true;
  } catch {
    return false;
  }
}
