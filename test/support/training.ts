import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TrainingEvent } from "../../src/training/index.ts";
import { runnerFolder } from "../../src/training/jobs/folder.ts";

const run = promisify(execFile);
const VOCABULARY = 512;

/** What a test of the runner starts from: rows, and a small random model that takes their tokens. */
export interface Workshop {
  readonly folder: string;
  readonly dataset: string;
  readonly model: string;
  /** Runs a Python file in the runner's environment and gives what it printed. */
  python(...args: string[]): Promise<string>;
}

/** Makes the runner's environment at first use, which takes minutes and is kept in the cache. */
export async function openWorkshop(rows: number): Promise<Workshop> {
  const folder = mkdtempSync(join(tmpdir(), "apprentice-training-"));
  const { stdout } = await run("python3", [join(await runnerFolder(), "environment.py")], { timeout: 900_000 });
  const python = async (...args: string[]) => (await run(stdout.trim(), args, { timeout: 300_000 })).stdout;
  const [dataset, model] = [join(folder, "dataset"), join(folder, "tiny")];
  mkdirSync(dataset);
  writeFileSync(join(dataset, "train.jsonl"), makeRows(rows, 1));
  writeFileSync(join(dataset, "validation.jsonl"), makeRows(4, 2));
  await python(join(import.meta.dirname, "tiny_model.py"), model, String(VOCABULARY));
  return { folder, dataset, model, python };
}

/** Rows as an export writes them: a beginning that all share, two turns that are trained, an observation between them. */
function makeRows(count: number, seed: number): string {
  let state = seed;
  const token = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 16 + (state % 64);
  };
  const shared = Array.from({ length: 40 }, (_, index) => index % 16);
  const lines = Array.from({ length: count }, () => {
    const [question, first, observed, second] = [6, 12, 5, 8].map((length) => Array.from({ length }, token)) as [number[], number[], number[], number[]];
    const turn = shared.length + question.length;
    const next = turn + first.length + observed.length;
    return JSON.stringify({ input_ids: [...shared, ...question, ...first, ...observed, ...second], trained: [[turn, turn + first.length], [next, next + second.length]] });
  });
  return `${lines.join("\n")}\n`;
}

/** The tensors of a safetensors file of float32, by name. */
export async function tensorsOf(path: string): Promise<Map<string, Float32Array>> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as Record<string, { dtype?: string; data_offsets: [number, number] }>;
  const tensors = Object.entries(header).filter(([, { dtype }]) => dtype === "F32");
  // Copied, as a view of floats must begin at a multiple of four.
  return new Map(tensors.map(([name, { data_offsets: [from, to] }]) => [name, new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer)]));
}

/** The loss of each step, as told last: what was lost with a killed attempt is told again. */
export async function losses(job: string): Promise<Map<number, number>> {
  const lines = (await readFile(join(job, "events.jsonl"), "utf8")).trim().split("\n");
  const events = lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as TrainingEvent];
    } catch {
      // Cut short by a kill.
      return [];
    }
  });
  return new Map(events.flatMap((event) => (event.type === "step" ? [[event.step, event.loss]] : [])));
}
