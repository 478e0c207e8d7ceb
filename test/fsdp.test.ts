import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HyperparameterOptions, type Job, type JobSettingsOptions, localBackend, prepareJob, type TrainingEvent, watchJob } from "../src/training/index.ts";
import { losses, openWorkshop, tensorsOf, type Workshop } from "./support/training.ts";

let shop: Workshop;

beforeAll(async () => {
  shop = await openWorkshop(12);
}, 900_000);

afterAll(() => rmSync(shop.folder, { recursive: true, force: true }));

// Steps are of 11 rows, which two processes can't share evenly, and of one row, which leaves a process without any.
const steps = { batchSize: 11, rank: 1, alpha: 1, dropout: 0, learningRate: 2e-3, maxGradNorm: 0.5 } as const;
const sharded = { processes: 2, fsdp: true } as const;

function prepare(name: string, hyperparameters: HyperparameterOptions, settings: JobSettingsOptions, data = shop.dataset): Promise<Job> {
  return prepareJob({
    data,
    model: shop.model,
    out: join(shop.folder, name),
    hyperparameters: { ...steps, ...hyperparameters },
    settings: { dtype: "float32", threads: 1, passTokens: 100, checkpointSteps: 1, ...settings },
  });
}

async function train(job: Job, onEvent: (event: TrainingEvent) => void = () => undefined): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of watchJob(job, localBackend(), { pollMs: 50 })) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

function expectClose(found: Iterable<number>, expected: Iterable<number>, tolerance: number): void {
  const [left, right] = [[...found], [...expected]];
  expect(left).toHaveLength(right.length);
  expect(Math.max(...left.map((value, index) => Math.abs(value - (right[index] ?? Number.NaN))))).toBeLessThan(tolerance);
}

async function expectSameTensors(found: string, expected: string, tolerance: number): Promise<void> {
  const [left, right] = [await tensorsOf(found), await tensorsOf(expected)];
  expect([...left.keys()].toSorted()).toEqual([...right.keys()].toSorted());
  for (const [name, values] of right) expectClose(left.get(name) ?? [], values, tolerance);
}

const logprobs = (job: Job) => (JSON.parse(readFileSync(join(job.folder, "artifacts/check.json"), "utf8")) as { logprobs: number[] }[]).flatMap((row) => row.logprobs);

/** As a machine that is lost. The processes that train are in sessions of their own. */
function killTree(pid: string): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  process.kill(Number(pid), "SIGKILL");
  for (const child of children) killTree(child);
}

describe("a model sharded over two processes", { timeout: 600_000 }, () => {
  it.each([
    { method: "lora", dtype: "bfloat16", gradientCheckpointing: false, file: "adapter_model.safetensors", tolerance: 0.02 },
    { method: "full", dtype: "float32", gradientCheckpointing: true, file: "model.safetensors", tolerance: 1e-4 },
  ] as const)("is trained as in one process: $method, $dtype", async ({ method, dtype, gradientCheckpointing, file, tolerance }) => {
    const one = await prepare(`${method}-one`, { method }, { dtype });
    const two = await prepare(`${method}-two`, { method }, { dtype, gradientCheckpointing, ...sharded });
    const [expected, found] = [await train(one), await train(two)];
    const numbers = (events: TrainingEvent[]) => events.flatMap((event) => (event.type === "step" ? [event.loss, event.gradNorm] : event.type === "eval" ? [event.loss] : []));
    expectClose(numbers(found), numbers(expected), tolerance);
    expectClose(logprobs(two), logprobs(one), 2 * tolerance);
    await expectSameTensors(join(two.folder, "artifacts", file), join(one.folder, "artifacts", file), tolerance);
    expect(found.find(({ type }) => type === "start")).toMatchObject({ trainedParameters: (expected.find(({ type }) => type === "start") as { trainedParameters: number }).trainedParameters });
  });

  it("goes on from a checkpoint of a sharded run unsharded, and the other way round, after it was interrupted or killed", async () => {
    const calm = await prepare("calm", { epochs: 12 }, {});
    await train(calm);

    const disturbed = await prepare("disturbed", { epochs: 12 }, sharded);
    const spec = readFileSync(join(disturbed.folder, "job.json"), "utf8");
    const setProcesses = (processes: number) => {
      writeFileSync(join(disturbed.folder, "job.json"), JSON.stringify({ ...JSON.parse(spec), settings: { ...JSON.parse(spec).settings, processes, fsdp: processes > 1 } }));
      writeFileSync(join(disturbed.folder, "processes"), `${processes}\n`);
    };
    const seen = new Set<number>();
    const events = await train(disturbed, ({ type, attempt }) => {
      if (type !== "checkpoint" || seen.has(attempt) || attempt > 3) return;
      seen.add(attempt);
      setProcesses(attempt === 1 ? 1 : 2);
      const shell = readFileSync(join(disturbed.folder, "attempts", String(attempt), "pid"), "utf8").trim();
      if (attempt === 1) process.kill(Number(shell), "SIGTERM");
      else killTree(shell);
    });
    const starts = events.flatMap((event) => (event.type === "start" ? [event] : []));
    expect(starts.map(({ processes }) => processes)).toEqual([2, 1, 2, 2]);
    expect(starts.every(({ step }, index) => step > (starts[index - 1]?.step ?? -1))).toBe(true);
    expect(events.filter(({ type }) => type === "warning")).toEqual([]);
    expectClose((await losses(disturbed.folder)).values(), (await losses(calm.folder)).values(), 1e-4);
    await expectSameTensors(join(disturbed.folder, "artifacts/adapter_model.safetensors"), join(calm.folder, "artifacts/adapter_model.safetensors"), 1e-4);
  });

  it("ends with the best weights, also those that a checkpoint kept", async () => {
    // Tokens that training never shows: they soon become less and less likely.
    const data = join(shop.folder, "unlike");
    cpSync(shop.dataset, data, { recursive: true });
    const held = readFileSync(join(data, "validation.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { input_ids: number[] });
    writeFileSync(join(data, "validation.jsonl"), held.map((row) => `${JSON.stringify({ ...row, input_ids: row.input_ids.map((id) => (id < 16 ? id : id + 200)) })}\n`).join(""));

    const [hyperparameters, settings] = [{ method: "full", epochs: 4 }, { patience: 9, evalSteps: 1 }] as const;
    const one = await prepare("best-one", hyperparameters, settings, data);
    const two = await prepare("best-two", hyperparameters, { ...settings, ...sharded }, data);
    const evals = (await train(one)).flatMap((event) => (event.type === "eval" ? [event] : []));
    const best = evals.find((event) => event.loss === event.best && event.loss === evals.at(-1)?.best);
    expect(best?.step).toBeLessThan(4);

    let killed = false;
    const events = await train(two, (event) => {
      if (killed || event.type !== "checkpoint" || event.step < (best?.step ?? 0)) return;
      killed = true;
      killTree(readFileSync(join(two.folder, "attempts", String(event.attempt), "pid"), "utf8").trim());
    });
    expect(events.filter(({ type }) => type === "start")).toHaveLength(2);
    expectClose(logprobs(two), logprobs(one), 1e-4);
    await expectSameTensors(join(two.folder, "artifacts/model.safetensors"), join(one.folder, "artifacts/model.safetensors"), 1e-4);
  });

  it("is refused where there is one", async () => {
    await expect(prepare("alone", {}, { fsdp: true })).rejects.toMatchObject({ code: "option_invalid", message: expect.stringMatching(/--gpus/) });
  });
});
