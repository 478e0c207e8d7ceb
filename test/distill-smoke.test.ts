import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const folder = await mkdtemp(join(tmpdir(), "apprentice-smoke-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

interface StageLine {
  readonly kind: string;
  readonly name: string;
  readonly folder: string;
  readonly done?: boolean;
  readonly output?: unknown;
}

interface Result {
  readonly summaries: readonly { readonly run: string; readonly summary: { readonly model: string; readonly solver: string; readonly runs: number; readonly questions: number } }[];
  readonly comparisons: readonly { readonly runs: readonly string[]; readonly comparison: { readonly questions: number; readonly unpaired: object } }[];
}

const command = (out: string, ...options: string[]) => [join(root, "dist/cli.js"), "distill", join(root, "examples/smoke.yaml"), "--out", join(folder, out), "--json", ...options];

/** The stages that were run or looked up, each with its output. */
async function distill(out: string, ...options: string[]): Promise<StageLine[]> {
  const { stdout } = await promisify(execFile)(process.execPath, command(out, ...options), { maxBuffer: 1 << 26 });
  return stdout.trim().split("\n").map((line) => JSON.parse(line) as StageLine);
}

/** When a stage is in the middle of its work. */
const middle: Readonly<Record<string, string>> = { collect: "trajectories.jsonl", dataset: "stage.json", train: "job/events.jsonl", evaluate: "trajectories.jsonl", report: "stage.json" };

/** Kills the command with SIGKILL as soon as the stage is in the middle of its work; false when it was too quick for that. */
async function killedIn({ kind, folder: stage }: StageLine, out: string): Promise<boolean> {
  const child = spawn(process.execPath, command(out), { stdio: "ignore" });
  const closed = once(child, "close");
  const size = async () => (await stat(join(stage, middle[kind] ?? "")).catch(() => undefined))?.size ?? 0;
  while (child.exitCode === null && (await size()) === 0) await sleep(5);
  child.kill("SIGKILL");
  await closed;
  return (await stat(join(stage, "done.json")).catch(() => undefined)) === undefined;
}

function outputOf(stages: readonly StageLine[], kind: string): unknown {
  return stages.find((stage) => stage.kind === kind)?.output;
}

/** The rows of the table. What stands in them may differ: the last bits of a model's numbers depend on what was evaluated together. */
function rowsOf(stages: readonly StageLine[]): unknown {
  const { summaries, comparisons } = outputOf(stages, "report") as Result;
  return {
    summaries: summaries.map(({ run, summary: { model, solver, runs, questions } }) => ({ run, model, solver, runs, questions })),
    comparisons: comparisons.map(({ runs, comparison: { questions, unpaired } }) => ({ runs, questions, unpaired })),
  };
}

describe("smoke.yaml", () => {
  let whole: StageLine[];
  beforeAll(async () => {
    whole = await distill("whole");
  }, 600_000);

  it("really collects, trains, evaluates and reports", async () => {
    expect(outputOf(whole, "dataset")).toMatchObject({ kept: expect.any(Number), rows: { validation: 0 } });
    expect(outputOf(whole, "train")).toMatchObject({ loss: expect.any(Number), check: { agreement: expect.any(Number) } });
    expect(outputOf(whole, "report")).toMatchObject({ summaries: [{ run: "cot-prompting.test" }, { run: "cot-distilled.test", summary: { runs: 3 } }], comparisons: [{ dataset: "test" }] });
  });

  it("killed with SIGKILL in each stage, ends in the same table: nothing lost, nothing twice", { timeout: 900_000 }, async () => {
    const killed = new Set<string>();
    for (const stage of await distill("killed", "--dry-run")) if (await killedIn(stage, "killed")) killed.add(stage.kind);
    expect([...killed]).toEqual(expect.arrayContaining(["collect", "train", "evaluate"]));
    const stages = await distill("killed");
    expect(stages.map(({ kind, name }) => `${kind} ${name}`)).toEqual(whole.map(({ kind, name }) => `${kind} ${name}`));
    expect(outputOf(stages, "collect")).toMatchObject({ questions: (outputOf(whole, "collect") as { questions: number }).questions });
    expect(rowsOf(stages)).toEqual(rowsOf(whole));
  });
});
