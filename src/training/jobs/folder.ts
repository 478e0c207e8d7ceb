import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { ApprenticeError, messageOf } from "../../errors.ts";
import { pullModel } from "../../model/catalogue/pull.ts";
import { packageRoot } from "../../package-root.ts";
import { writeJson } from "../../write-json.ts";
import { type HyperparameterOptions, hyperparametersSchema, learningRateOf } from "../hyperparameters.ts";
import { isSameWork, jobId, jobSchema, type JobSettingsOptions, type JobSpec, settingsSchema } from "./spec.ts";

/** A job: its folder is all there is to it. */
export interface Job {
  /** Absolute. */
  readonly folder: string;
  readonly spec: JobSpec;
}

export interface PrepareOptions {
  /** A folder that `exportDataset` made. */
  readonly data: string;
  /** The model to train: a catalogue name, a `.gguf` file, a folder in Hugging Face's format, or `hf:owner/name` to be fetched where it runs. */
  readonly model: string;
  /** The job's folder. */
  readonly out: string;
  readonly hyperparameters?: HyperparameterOptions;
  readonly settings?: JobSettingsOptions;
  /** Interpreter with the requirements of runner/requirements.txt, where the job runs. Default: an environment is made there. */
  readonly python?: string;
  readonly signal?: AbortSignal;
}

/**
 * Makes a job's folder, or opens the one that an equal call made before; its next attempt has the device, memory, threads and
 * checkpoints, and the interpreter, that are given now.
 *
 * @throws ApprenticeError `job_differs` when the folder holds another job; `data_missing`, `dataset_empty`, `model_missing`, `out_not_empty`, `option_invalid`; those of {@link openJob}.
 */
export async function prepareJob(options: PrepareOptions): Promise<Job> {
  const folder = resolve(options.out);
  const train = join(options.data, "train.jsonl");
  const validation = join(options.data, "validation.jsonl");
  if (!(await exists(train))) throw new ApprenticeError("data_missing", `${options.data} has no train.jsonl: make it with \`apprentice export\`.`);
  if ((await stat(train)).size === 0) throw new ApprenticeError("dataset_empty", `${train} is empty: there is nothing to train on.`);
  const hasValidation = await exists(validation);
  const model = await findModel(options.model, options.signal);
  const hyperparameters = parseOptions(hyperparametersSchema, options.hyperparameters ?? {});
  const content = {
    schema: "apprentice/job@1" as const,
    model: model.spec,
    data: { train: await sha256Of(train), ...(hasValidation && { validation: await sha256Of(validation) }) },
    hyperparameters: { ...hyperparameters, learningRate: learningRateOf(hyperparameters) },
    settings: parseOptions(settingsSchema, options.settings ?? {}),
  };
  if (content.settings.fsdp && content.settings.processes === 1) {
    throw new ApprenticeError("option_invalid", "fsdp shards the model over several GPUs: give their number (--gpus, or settings.processes), 2 or more.");
  }
  const present = await openJob(folder).catch((error: unknown) => {
    if (error instanceof ApprenticeError && error.code === "job_missing") return undefined;
    throw error;
  });
  if (present && !isSameWork(present.spec, content)) {
    throw new ApprenticeError("job_differs", `${options.out} holds another job (other data, model or settings): choose another --out, or remove it.`);
  }
  const spec: JobSpec = { ...content, id: present?.spec.id ?? jobId(content) };
  if (present) {
    if (model.file !== undefined) await link(model.file, join(folder, model.spec.path));
    await writeCircumstances(folder, spec, options.python);
    return { folder, spec };
  }
  if ((await readdir(folder).catch((): string[] => [])).some((name) => !begun.has(name))) {
    throw new ApprenticeError("out_not_empty", `${options.out} holds files that no job made: choose another folder.`);
  }

  await mkdir(join(folder, "data"), { recursive: true });
  await cp(train, join(folder, "data", "train.jsonl"));
  if (hasValidation) await cp(validation, join(folder, "data", "validation.jsonl"));
  await copyRunner(folder);
  if (model.file !== undefined) await link(model.file, join(folder, model.spec.path));
  await writeFile(join(folder, "processes"), `${spec.settings.processes}\n`);
  await writeCircumstances(folder, spec, options.python);
  return { folder, spec };
}

async function writeCircumstances(folder: string, spec: JobSpec, python: string | undefined): Promise<void> {
  if (python === undefined) await rm(join(folder, "python"), { force: true });
  else await writeFile(join(folder, "python"), `${python}\n`);
  // Last: a folder with a job.json is whole.
  await writeJson(join(folder, "job.json"), spec);
}

/** What is there before `job.json` is. */
const begun: ReadonlySet<string> = new Set(["data", "runner", "run.sh", "model", "python", "processes", "job.json.part"]);

/** @throws ApprenticeError `job_missing`, `job_invalid`. */
export async function openJob(out: string): Promise<Job> {
  const folder = resolve(out);
  const text = await readFile(join(folder, "job.json"), "utf8").catch(() => {
    throw new ApprenticeError("job_missing", `${out} holds no job: give --data and --model to make one.`);
  });
  try {
    return { folder, spec: jobSchema.parse(JSON.parse(text)) };
  } catch (error) {
    throw new ApprenticeError("job_invalid", `${join(out, "job.json")} is damaged or of another version: remove the folder and train again.`, { cause: error });
  }
}

/** The Python files, which the build copies beside the package's own. */
export async function runnerFolder(): Promise<string> {
  for (const folder of [join(packageRoot(), "src/training/runner"), join(packageRoot(), "dist/runner")]) {
    if (await exists(folder)) return folder;
  }
  throw new ApprenticeError("runner_missing", "The package's runner is not there: reinstall the package.");
}

async function copyRunner(folder: string): Promise<void> {
  const from = await runnerFolder();
  await cp(from, join(folder, "runner"), { recursive: true, filter: (path) => !path.includes("__pycache__") });
  await rename(join(folder, "runner", "run.sh"), join(folder, "run.sh"));
}

interface FoundModel {
  readonly spec: JobSpec["model"];
  /** What `spec.path` is linked to. */
  readonly file?: string;
}

async function findModel(model: string, signal: AbortSignal | undefined): Promise<FoundModel> {
  if (model.startsWith("hf:") && !model.endsWith(".gguf")) {
    const name = model.slice("hf:".length);
    return { spec: { kind: "hub", path: name, name } };
  }
  if (await exists(join(model, "config.json"))) {
    return { spec: { kind: "folder", path: `model/${basename(resolve(model))}`, name: basename(resolve(model)) }, file: resolve(model) };
  }
  const file = await pullModel(model, signal ? { signal } : {});
  if (!(await exists(file))) throw new ApprenticeError("model_missing", `There is no ${file}.`);
  return { spec: { kind: "gguf", path: `model/${basename(file)}`, name: model }, file: resolve(file) };
}

async function link(file: string, path: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await rm(path, { force: true });
  await symlink(file, path);
}

function parseOptions<T>(schema: { parse(value: unknown): T }, value: unknown): T {
  try {
    return schema.parse(value);
  } catch (error) {
    const issue = (error as { issues?: { path: PropertyKey[]; message: string }[] }).issues?.[0];
    throw new ApprenticeError("option_invalid", issue ? `${issue.path.join(".")}: ${issue.message}` : messageOf(error), { cause: error });
  }
}

/** A file of one of the job's attempts, here. */
export function inAttempt({ folder }: Job, attempt: number, name: string): string {
  return join(folder, "attempts", String(attempt), name);
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
