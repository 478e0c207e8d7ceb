import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Progress } from "../collect/collect.ts";
import type { ApprenticeError } from "../errors.ts";
import type { Repair } from "../trajectory/journal.ts";
import type { ModelOpener } from "../model/open.ts";
import type { Json } from "../sandbox/types.ts";
import type { TrainingEvent } from "../training/jobs/events.ts";
import { writeJson } from "../write-json.ts";
import type { Estimate } from "./estimate.ts";

export type StageKind = "collect" | "dataset" | "train" | "evaluate" | "report";

/** What a stage tells while it runs. */
export type StageProgress =
  | { readonly type: "runs"; readonly progress: Progress }
  | { readonly type: "training"; readonly event: TrainingEvent };

/** What a stage is given to run with. */
export interface StageContext {
  readonly openModel: ModelOpener;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StageProgress) => void;
  readonly onNote: (note: string) => void;
  readonly onRepair?: (repair: Repair) => void;
}

/** One step of an experiment: a folder named by all that goes into it. */
export interface Stage {
  readonly kind: StageKind;
  readonly name: string;
  /** Of an evaluation: its name without that of the questions. */
  readonly evaluation?: string;
  /** Hash of settings, files and the stages that it needs. */
  readonly hash: string;
  readonly folder: string;
  /** Where it is saved, compressed, if the experiment has an archive. */
  readonly archive?: string;
  /** Files of the folder that it can go on from; none for stages that are made anew in no time. */
  readonly keeps: readonly Kept[];
  /** What went in, for `stage.json`. */
  readonly inputs: Json;
  readonly needs: readonly Stage[];
  readonly estimate: Estimate;
  /** What must be there before it can run, and is not. */
  readonly missing?: ApprenticeError;
  /** Goes on where it was stopped. What it gives is kept in `done.json`. */
  run(context: StageContext): Promise<Json>;
}

/** A file that an archive takes. */
export interface Kept {
  readonly file: string;
  /** How its records are changed on the way there, and on the way back; undefined leaves one out. Default: not at all. */
  readonly records?: { save(record: object): object; restore(): Promise<(record: object) => object | undefined> };
}

/** Where an experiment's stages are. */
export interface Place {
  /** Folder of the experiment's file: other files are named from there. */
  readonly folder: string;
  readonly out: string;
  readonly archive?: string;
}

/** Changes when a stage comes to mean something else, so that nothing older is taken for it. */
const VERSION = 1;

type StageOptions = Omit<Stage, "hash" | "folder" | "archive" | "inputs" | "run"> & {
  readonly place: Place;
  /** Settings and hashes of files: all that changes what comes out, but for the stages needed. */
  readonly inputs: object;
  run(folder: string, context: StageContext): Promise<object>;
};

export function stage({ place, inputs, run, ...rest }: StageOptions): Stage {
  const whole = { version: VERSION, kind: rest.kind, name: rest.name, ...inputs, needs: Object.fromEntries(rest.needs.map((each) => [`${each.kind} ${each.name}`, each.hash])) };
  const plain = JSON.parse(JSON.stringify(whole)) as Json;
  const hash = createHash("sha256").update(canonical(plain)).digest("hex").slice(0, 10);
  const path = join(rest.kind, `${rest.name}-${hash}`);
  const folder = join(place.out, path);
  return { ...rest, hash, folder, ...(place.archive !== undefined && { archive: join(place.archive, path) }), inputs: plain, run: async (context) => JSON.parse(JSON.stringify(await run(folder, context))) as Json };
}

/** The same text whatever the order of the keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "object" && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each));
}

/** What a finished stage gave; undefined for one that is not finished. */
export async function outputOf({ folder, archive }: Stage): Promise<Json | undefined> {
  for (const place of [folder, ...(archive === undefined ? [] : [archive])]) {
    const text = await readFile(join(place, "done.json"), "utf8").catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as Json;
  }
  return undefined;
}

/** Runs a stage in its folder; it is done when `done.json` is on disk. */
export async function runStage(stage: Stage, context: StageContext): Promise<Json> {
  await mkdir(stage.folder, { recursive: true });
  await writeJson(join(stage.folder, "stage.json"), stage.inputs);
  const output = await stage.run(context);
  await writeJson(join(stage.folder, "done.json"), output);
  return output;
}
