import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ApprenticeError } from "../../errors.ts";
import { readTrajectories } from "../../trajectory/read.ts";
import { type HyperparameterOptions, hyperparametersSchema } from "../hyperparameters.ts";
import { presets } from "../presets/index.ts";
import type { Preset, Source } from "../presets/types.ts";
import { datasetCard } from "./card.ts";
import { defaultMaxLength, type ExampleOptions, toExamples, type TrainingExample } from "./examples.ts";
import { LineWriter } from "./line-writer.ts";
import { datasetSchema, type Manifest, Tally } from "./manifest.ts";
import { openStudent } from "./student.ts";

export interface ExportOptions extends ExampleOptions {
  /** A `.jsonl` file of trajectories, or a folder of them. */
  readonly trajectories: string;
  /** The folder to make. One that an export made before is replaced. */
  readonly out: string;
  /** The student, whose template and tokenizer are used: a catalogue name, a `.gguf` file, or `hf:owner/repo/file.gguf`. */
  readonly model: string;
  /** Names of presets. Default: none, only the package's own rows. */
  readonly formats?: readonly string[];
  /** How trainers' configurations name the model to train. Default: `model`. */
  readonly baseModel?: string;
  /** For trainers' configurations. Default: the paper's. */
  readonly hyperparameters?: HyperparameterOptions;
  /** Share of the questions held out, by a hash of their ids. Default: 0.05. */
  readonly validation?: number;
  /** SPDX identifier for the dataset card. Default: `unknown`. */
  readonly licence?: string;
  readonly signal?: AbortSignal;
  /** Called for every row. */
  readonly onExample?: (example: TrainingExample, split: Split) => void;
}

export type Split = "train" | "validation";

/**
 * Writes a training set: `train.jsonl` and `validation.jsonl` with exact loss masks (Eq. 2 and 4), a folder for each
 * preset, `manifest.json`, and a dataset card.
 *
 * @throws ApprenticeError `format_unknown`, `dataset_empty`, `option_invalid`, `out_not_empty`, `prompt_unknown`, `preset_cannot`, and those of `readTrajectories`
 * and `openStudent`.
 */
export async function exportDataset(options: ExportOptions): Promise<Manifest> {
  const { validation = 0.05, signal } = options;
  // With a slash at its end, what is written beside it would be in it.
  const out = resolve(options.out);
  if (!(validation >= 0 && validation < 1)) throw new ApprenticeError("option_invalid", `validation is ${validation}: give a share from 0 up to 1.`);
  const chosen = (options.formats ?? []).map(presetNamed);
  await expectReplaceable(out);
  const student = await openStudent(options.model, signal ? { signal } : {});
  const work = `${out}.${process.pid}.part`;
  const files = new SplitFiles(work);
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    const tally = new Tally();
    const seen = new Set<string>();
    let stepRows = false;

    for await (const trajectory of readTrajectories(options.trajectories)) {
      signal?.throwIfAborted();
      tally.trajectories += 1;
      const exported = toExamples(trajectory, student, options);
      exported.skipped.forEach((reason) => tally.skip(reason));
      const rows = exported.rows.filter(({ example }) => isNew(example, seen));
      for (let index = rows.length; index < exported.rows.length; index += 1) tally.skip("duplicate");
      const split: Split = held(trajectory.question.id, validation) ? "validation" : "train";
      if (rows.length > 0) tally.keep(trajectory);
      for (const { example, unit } of rows) {
        tally.row(example);
        // A template that changes earlier turns gives rows of a step, whatever was asked for.
        stepRows ||= unit === "step";
        options.onExample?.(example, split);
        await files.write("", split, { id: example.id, row: example });
      }
      const source: Source = { ...exported, rows, trajectory, student };
      for (const preset of chosen) {
        for (const row of preset.rows(source)) await files.write(preset.name, split, row);
      }
    }
    const rows = { train: files.rows("", "train"), validation: files.rows("", "validation") };
    if (rows.train === 0) throw nothingToTrain(options.trajectories, tally, rows.validation);

    await writeConfigs(chosen, files, work, { ...options, unit: stepRows ? "step" : "trajectory" }, student);
    const manifest = tally.manifest({
      student: { model: student.id, architecture: student.architecture, template_sha256: sha256(student.template) },
      options: recordedOptions(options, validation),
      licence: options.licence ?? "unknown",
      rows,
      files: await files.close(),
    });
    await writeFile(join(work, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await writeFile(join(work, "README.md"), datasetCard(manifest));
    await rm(out, { recursive: true, force: true });
    await rename(work, out);
    return manifest;
  } finally {
    await files.close();
    await rm(work, { recursive: true, force: true });
    await student.dispose();
  }
}

/** The files of a set, opened when their first row comes. Rows of the same id are written once. */
class SplitFiles {
  readonly #folder: string;
  readonly #writers = new Map<string, LineWriter>();
  readonly #ids = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(preset: string, split: Split, { id, row }: { id: string; row: object }): Promise<void> {
    const key = `${preset}\0${id}`;
    if (this.#ids.has(key)) return;
    this.#ids.add(key);
    const name = fileName(preset, split);
    let writer = this.#writers.get(name);
    if (!writer) {
      await mkdir(join(this.#folder, preset), { recursive: true });
      writer = await LineWriter.open(join(this.#folder, name));
      this.#writers.set(name, writer);
    }
    await writer.write(row);
  }

  rows(preset: string, split: Split): number {
    return this.#writers.get(fileName(preset, split))?.rows ?? 0;
  }

  async close(): Promise<Manifest["files"]> {
    const closed: Record<string, { rows: number; sha256: string }> = {};
    for (const [name, writer] of this.#writers) closed[name] = await writer.close();
    this.#writers.clear();
    return closed;
  }
}

function fileName(preset: string, split: Split): string {
  return preset === "" ? `${split}.jsonl` : `${preset}/${split}.jsonl`;
}

async function writeConfigs(chosen: readonly Preset[], files: SplitFiles, folder: string, options: ExportOptions, student: Source["student"]): Promise<void> {
  for (const preset of chosen) {
    const configs = preset.config({
      baseModel: options.baseModel ?? options.model,
      student,
      hyperparameters: hyperparametersSchema.parse(options.hyperparameters ?? {}),
      unit: options.unit ?? "trajectory",
      maxLength: options.maxLength ?? defaultMaxLength,
      hasValidation: files.rows(preset.name, "validation") > 0,
    });
    await mkdir(join(folder, preset.name), { recursive: true });
    for (const [name, text] of Object.entries(configs)) await writeFile(join(folder, preset.name, name), text);
  }
}

function presetNamed(name: string): Preset {
  const preset = presets.find((preset) => preset.name === name);
  if (preset) return preset;
  throw new ApprenticeError("format_unknown", `No format is called "${name}": there are ${presets.map((preset) => preset.name).join(", ")}.`);
}

async function expectReplaceable(out: string): Promise<void> {
  const entries = await readdir(out, { withFileTypes: true }).catch(() => []);
  if (entries.length === 0) return;
  const isOurs = (await schemaOf(join(out, "manifest.json"))) === datasetSchema;
  // An export has files, and folders of files: a folder in one of them is what a trainer made there.
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const deeper = await Promise.all(folders.map(async (name) => (await readdir(join(out, name), { withFileTypes: true })).some((entry) => entry.isDirectory())));
  if (!isOurs || folders.some((name, index) => deeper[index] || !presets.some((preset) => preset.name === name))) {
    throw new ApprenticeError("out_not_empty", `${out} holds files that no export made: choose another folder.`);
  }
}

async function schemaOf(manifest: string): Promise<unknown> {
  try {
    return (JSON.parse(await readFile(manifest, "utf8")) as { schema?: unknown } | null)?.schema;
  } catch {
    return undefined;
  }
}

function isNew({ input_ids, trained }: TrainingExample, seen: Set<string>): boolean {
  const key = sha256(JSON.stringify([input_ids, trained]));
  const known = seen.has(key);
  seen.add(key);
  return !known;
}

/** Whether a question is held out: the same on every machine, whatever else is in the set. */
function held(question: string, share: number): boolean {
  return Number.parseInt(sha256(question).slice(0, 8), 16) / 2 ** 32 < share;
}

function recordedOptions(options: ExportOptions, validation: number): Manifest["options"] {
  const { unit = "trajectory", prompt, maskFailed = false, parseErrors = "drop", keep = "correct", maxLength = defaultMaxLength, hyperparameters = {} } = options;
  const promptName = typeof prompt === "object" ? prompt.id : (prompt ?? "student");
  return { unit, prompt: promptName, maskFailed, parseErrors, keep, validation, maxLength, hyperparameters };
}

function nothingToTrain(from: string, { trajectories, skipped }: Tally, validation: number): ApprenticeError {
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  if (validation > 0) reasons.push(`${validation} rows held out for validation`);
  return new ApprenticeError("dataset_empty", `Nothing to train on: ${trajectories} trajectories in ${from}${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}.`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
