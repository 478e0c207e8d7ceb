import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  cancelJob,
  checkAdapter,
  hasCheckableAdapter,
  commandBackend,
  exportDataset,
  findAdapter,
  type HyperparameterOptions,
  type Job,
  type JobBackend,
  type JobSettingsOptions,
  localBackend,
  prepareJob,
  requireAgreement,
  submitJob,
  type TrainingEvent,
  watchJob,
} from "../src/training/index.ts";
import { runnerFolder } from "../src/training/jobs/folder.ts";
import { losses, openWorkshop, type Workshop } from "./support/training.ts";
import { sumTrajectories } from "./support/scripted-runs.ts";

const cli = resolve(import.meta.dirname, "../dist/cli.js");
let shop: Workshop;

beforeAll(async () => {
  shop = await openWorkshop(12);
}, 900_000);

afterAll(() => rmSync(shop.folder, { recursive: true, force: true }));

const fast = { dtype: "float32", threads: 1, checkpointSteps: 2 } as const;

function prepare(name: string, hyperparameters: HyperparameterOptions = {}, settings: JobSettingsOptions = {}, data = shop.dataset): Promise<Job> {
  return prepareJob({ data, model: shop.model, out: join(shop.folder, name), hyperparameters: { rank: 4, epochs: 4, ...hyperparameters }, settings: { ...fast, ...settings } });
}

async function follow(job: Job, backend: JobBackend, onEvent: (event: TrainingEvent) => void = () => undefined): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of watchJob(job, backend, { pollMs: 50 })) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

/** What one way of laying out rows makes of them (`check_layouts.py`). */
interface Laid {
  readonly loss: number;
  readonly gradientsDiffer: number;
  readonly masks: number;
  readonly tokens: number;
  readonly passes: number;
}

const eventsOf = ({ folder }: Job): { readonly type: string; readonly message?: string }[] =>
  readFileSync(join(folder, "events.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));

const pidOf = (job: Job, attempt: number) => readFileSync(join(job.folder, "attempts", String(attempt), "pid"), "utf8").trim();

describe("the runner", { timeout: 600_000 }, () => {
  it("finds for rows that are evaluated at once the loss and gradients that transformers finds for each", async () => {
    const printed = await shop.python(join(import.meta.dirname, "support/check_layouts.py"), await runnerFolder(), shop.model, join(shop.dataset, "train.jsonl"));
    const { single, rowTokens, ...layouts } = JSON.parse(printed) as { single: number; rowTokens: number } & Record<"packed" | "packedInSome" | "padded" | "paddedInSome", Laid>;
    for (const { loss, gradientsDiffer } of Object.values(layouts)) {
      expect(loss).toBeCloseTo(single, 2);
      expect(gradientsDiffer).toBeLessThan(1e-3);
    }
    expect(layouts.packed.tokens).toBeLessThan(rowTokens * 0.7);
    expect([layouts.packed.passes, layouts.padded.passes]).toEqual([1, 1]);
    expect(Math.min(layouts.packedInSome.passes, layouts.paddedInSome.passes)).toBeGreaterThan(1);
    // A GPU's fastest attention takes none.
    expect(layouts.padded.masks + layouts.paddedInSome.masks).toBe(0);
    expect(layouts.packed.masks).toBeGreaterThan(0);
  });

  it("makes passes smaller where they do not fit into memory, and ends where a single row does not", async () => {
    const runner = await runnerFolder();
    const limited = (job: Job, tokens: number) => shop.python(join(import.meta.dirname, "support/little_memory.py"), runner, job.folder, String(tokens));
    const roomy = await prepare("roomy", { dropout: 0 });
    await limited(roomy, 100_000);
    const cramped = await prepare("cramped", { dropout: 0 });
    await limited(cramped, 200);
    expect(eventsOf(roomy).filter((event) => event.type === "warning")).toEqual([]);
    expect(eventsOf(cramped).find((event) => event.type === "warning")?.message).toContain("Out of memory");
    const expected = [...(await losses(roomy.folder)).values()];
    for (const [index, loss] of [...(await losses(cramped.folder)).values()].entries()) expect(loss).toBeCloseTo(expected[index] ?? 0, 4);

    const hopeless = await prepare("hopeless");
    await expect(limited(hopeless, 10)).rejects.toThrow();
    expect(eventsOf(hopeless).at(-1)).toMatchObject({ type: "error", code: "out_of_memory" });
  });

  it("takes a job's folder again for other devices, memory and checkpoints, and for nothing else", async () => {
    const { spec, folder } = await prepare("again");
    const other = await prepare("again", {}, { device: "cpu", passTokens: 64, threads: 2, checkpointSteps: 7 });
    expect(other.spec.id).toBe(spec.id);
    expect(JSON.parse(readFileSync(join(folder, "job.json"), "utf8"))).toEqual(other.spec);
    expect(other.spec.settings).toMatchObject({ passTokens: 64, threads: 2 });
    await expect(prepare("again", {}, { dtype: "bfloat16" })).rejects.toMatchObject({ code: "job_differs" });
    await expect(prepare("again", { rank: 8 })).rejects.toMatchObject({ code: "job_differs" });
    // As a kill while it is made leaves it.
    for (const name of ["job.json", "run.sh"]) rmSync(join(folder, name));
    expect((await prepare("again")).spec.id).toBe(spec.id);
  });

  it("learns, and its losses are the same after it was killed, interrupted, and its last checkpoint was damaged", async () => {
    const calm = await prepare("calm", { learningRate: 2e-3, epochs: 8 });
    const events = await follow(calm, localBackend());
    const evals = events.flatMap((event) => (event.type === "eval" ? [event.loss] : []));
    expect(evals.at(-1)).toBeLessThan((evals[0] ?? 0) - 0.05);

    const disturbed = await prepare("disturbed", { learningRate: 2e-3, epochs: 8 });
    const seen = new Set<number>();
    const told = await follow(disturbed, localBackend(), ({ type, attempt }) => {
      if (type !== "checkpoint" || seen.has(attempt) || attempt > 2) return;
      seen.add(attempt);
      const shell = pidOf(disturbed, attempt);
      if (attempt === 1) {
        // As a machine that is lost: the shell and the Python under it.
        const children = readFileSync(`/proc/${shell}/task/${shell}/children`, "utf8").trim().split(" ");
        execFileSync("kill", ["-KILL", shell, ...children]);
        const [newest] = readdirSync(join(disturbed.folder, "checkpoints")).toSorted().toReversed();
        writeFileSync(join(disturbed.folder, "checkpoints", newest ?? "", "state.pt"), "damaged");
      } else execFileSync("kill", ["-TERM", shell]);
    });
    expect(told.filter(({ type }) => type === "warning")).toMatchObject([{ message: expect.stringMatching(/damaged/) }]);
    expect(told.filter(({ type }) => type === "start").length).toBeGreaterThanOrEqual(2);
    expect(await losses(disturbed.folder)).toEqual(await losses(calm.folder));
  });

  it("gives the same losses on two processes, in passes of fewer tokens", async () => {
    const [one, two] = [await prepare("one", { dropout: 0 }), await prepare("two", { dropout: 0 }, { processes: 2, passTokens: 100 })];
    for (const job of [one, two]) await follow(job, localBackend());
    const expected = [...(await losses(one.folder)).values()];
    const found = [...(await losses(two.folder)).values()];
    expect(found).toHaveLength(expected.length);
    for (const [index, loss] of found.entries()) expect(loss).toBeCloseTo(expected[index] ?? Number.NaN, 4);
  });

  it("stops early, and trains all weights", async () => {
    const job = await prepare("full", { method: "full", learningRate: 0.5, epochs: 20 }, { patience: 2 });
    const events = await follow(job, localBackend());
    const evals = events.filter(({ type }) => type === "eval");
    expect(evals.length).toBeLessThan(20);
    expect(readdirSync(join(job.folder, "artifacts"))).toContain("model.safetensors");
  });

  it.each([
    ["gpu_missing", { device: "cuda" as const }, (row: string) => row],
    ["data_invalid", {}, (row: string) => row.replace('"input_ids":[', '"input_ids":[99999,')],
  ])("says what is wrong: %s", async (code, settings, spoil) => {
    const data = join(shop.folder, `data-${code}`);
    mkdirSync(data);
    writeFileSync(join(data, "train.jsonl"), spoil(readFileSync(join(shop.dataset, "train.jsonl"), "utf8").split("\n")[0] ?? ""));
    await expect(follow(await prepare(`job-${code}`, {}, settings, data), localBackend())).rejects.toMatchObject({ code });
  });
});

describe("a job", { timeout: 600_000 }, () => {
  it("goes on when Node dies, is taken up again, and is started once however often it is submitted", async () => {
    const out = join(shop.folder, "detached");
    const args = [cli, "train", "-d", shop.dataset, "-m", shop.model, "-o", out, "--rank", "4", "--epochs", "4", "--float32", "--threads", "1", "--json"];
    const first = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(first.stdout, "data");
    first.kill("SIGKILL");
    const lines = execFileSync(process.execPath, args, { encoding: "utf8" }).trim().split("\n").map((line) => JSON.parse(line) as TrainingEvent);
    expect(lines.filter(({ type }) => type === "start")).toHaveLength(1);
    expect(lines.at(-1)?.type).toBe("end");
    expect(readdirSync(join(out, "attempts"))).toEqual(["1"]);
    expect(() => execFileSync(process.execPath, [...args, "--seed", "1"], { stdio: "pipe" })).toThrow(/holds another job/);
    expect(() => execFileSync(process.execPath, [cli, "train", "-o", out, "--pass-tokens", "9"], { stdio: "pipe" }), "said, not ignored").toThrow(/give --data and --model/);
  });

  it("is trained by one attempt at a time, also when only the shell of one was killed", async () => {
    const job = await prepare("orphan", { epochs: 100 });
    let killed = false;
    const told = await follow(job, localBackend(), ({ type }) => {
      if (type !== "checkpoint" || killed) return;
      killed = true;
      execFileSync("kill", ["-KILL", pidOf(job, 1)]);
    });
    const trained = told.filter(({ type }) => type === "step" || type === "checkpoint").map(({ attempt }) => attempt);
    expect(new Set(trained), "the orphan saves and ends").toEqual(new Set([1, 2]));
    expect(trained).toEqual(trained.toSorted());
    const steps = told.flatMap((event) => (event.type === "step" ? [event.step] : []));
    expect(steps, "and nothing is trained twice").toEqual(steps.map((_, index) => index + 1));
  });

  it("is cancelled with its state kept, and goes on when trained again", async () => {
    const job = await prepare("cancelled", { epochs: 40 });
    const backend = localBackend();
    let cancelling: Promise<void> | undefined;
    await expect(follow(job, backend, ({ type }) => type === "checkpoint" && (cancelling ??= cancelJob(job, backend, { pollMs: 50 })))).rejects.toMatchObject({ code: "training_cancelled" });
    await cancelling;
    const events = await follow(job, backend);
    expect(events.filter(({ type }) => type === "start").at(-1)).toMatchObject({ step: expect.any(Number), attempt: 2 });
    expect(events.at(-1)?.type).toBe("end");
  });

  it("runs by any command that starts a shell script", async () => {
    const job = await prepare("command", { epochs: 1 });
    const backend = commandBackend({ submit: "nohup sh {folder}/run.sh {attempt} >/dev/null 2>&1 & echo {name}", pull: "echo {name} >>{folder}/pulled" });
    const events = await follow(job, backend);
    expect(events.at(-1)?.type).toBe("end");
    expect([...new Set(readFileSync(join(job.folder, "pulled"), "utf8").trim().split("\n"))]).toEqual([`apprentice-${job.spec.id}-1`]);
    expect(await follow(job, commandBackend({ submit: "false", alive: "false", pull: "false" })), "all is here: nobody is asked").toEqual(events);
  });

  it("does not come home with a damaged adapter", async () => {
    const job = await prepare("command", { epochs: 1 });
    writeFileSync(join(job.folder, "artifacts/adapter.gguf"), "damaged");
    await expect(follow(job, localBackend())).rejects.toMatchObject({ code: "artifact_damaged" });
    expect((await follow(job, localBackend())).at(-1)?.type, "what it had learnt is written anew").toBe("end");
  });

  it("is not begun in a second place while it may run in the first", async () => {
    const job = await prepare("elsewhere", { epochs: 1 });
    const queue = commandBackend({ submit: "true", alive: "test ! -e {folder}/taken-back", cancel: "touch {folder}/taken-back" });
    await submitJob(job, queue);
    await expect(submitJob(job, localBackend())).rejects.toMatchObject({ code: "backend_differs", message: expect.stringContaining("begun with the backend command") });
    await expect(cancelJob(job, localBackend())).rejects.toMatchObject({ code: "backend_differs" });
    await cancelJob(job, queue);
    expect((await follow(job, localBackend())).at(-1)).toMatchObject({ type: "end", attempt: 2 });
  });

  it("is lost by a queue, and submitted again", async () => {
    const job = await prepare("lost", { epochs: 1 });
    const backend = commandBackend({ submit: "test {attempt} = 1 || nohup sh {folder}/run.sh {attempt} >/dev/null 2>&1 &", alive: "test {attempt} != 1" });
    expect((await follow(job, backend)).at(-1)).toMatchObject({ type: "end", attempt: 2 });
  });

  it("is given up when attempts in a row were killed before they saved; one that saved is none of them", async () => {
    const job = await prepare("stuck", { epochs: 1 });
    const saves = `{"type":"checkpoint","attempt":1,"time":0,"step":1}`;
    const killed = commandBackend({ submit: `test {attempt} = 1 && echo '${saves}' >>{folder}/events.jsonl; echo 137 >{folder}/attempts/{attempt}/exit` });
    const watched = async () => {
      for await (const { type } of watchJob(job, killed, { pollMs: 10, patience: 2 })) expect(type).toBe("checkpoint");
    };
    await expect(watched()).rejects.toMatchObject({ code: "training_stuck", message: expect.stringContaining("3 attempts in a row") });
    expect(readdirSync(join(job.folder, "attempts")).sort()).toEqual(["1", "2", "3", "4"]);
  });

  it("is left to run at once when the watching is ended, even while a command hangs", async () => {
    const job = await prepare("hanging", { epochs: 1 });
    const controller = new AbortController();
    const backend = commandBackend({ submit: "touch {folder}/asked; sleep 60" });
    const asked = setInterval(() => existsSync(join(job.folder, "asked")) && controller.abort(), 20);
    const watched = async () => {
      for await (const event of watchJob(job, backend, { signal: controller.signal })) expect.unreachable(event.type);
    };
    await expect(watched()).rejects.toMatchObject({ name: "AbortError" });
    clearInterval(asked);
  });
});

describe("an adapter", { timeout: 600_000 }, () => {
  it("comes from trajectories and a GGUF model, says in llama.cpp what it said in torch, and is loaded by the agent", async () => {
    const trajectories = join(shop.folder, "trajectories.jsonl");
    writeFileSync(trajectories, (await sumTrajectories(2)).map((trajectory) => `${JSON.stringify(trajectory)}\n`).join(""));
    const [dataset, out] = [join(shop.folder, "sums"), join(shop.folder, "student")];
    await exportDataset({ trajectories, out: dataset, model: "smollm2-135m", validation: 0 });
    const job = await prepareJob({ data: dataset, model: "smollm2-135m", out, hyperparameters: { rank: 8, epochs: 2, learningRate: 2e-3 }, settings: { threads: 1 } });
    const events = await follow(job, localBackend());
    const steps = events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
    expect(steps.at(-1)).toBeLessThan(steps[0] ?? 0);

    expect(await hasCheckableAdapter(job)).toBe(true);
    const unchecked = { ...job, spec: { ...job.spec, hyperparameters: { ...job.spec.hyperparameters, method: "full" as const } } };
    expect([await hasCheckableAdapter(unchecked), await hasCheckableAdapter({ ...job, folder: dataset })]).toEqual([false, false]);
    const check = await checkAdapter("smollm2-135m", out);
    expect(check.tokens).toBeGreaterThan(50);
    expect(check.agreement).toBeGreaterThan(0.9);
    expect(() => requireAgreement(job, check)).not.toThrow();
    expect(() => requireAgreement(job, { ...check, agreement: 0.79 })).toThrow(expect.objectContaining({ code: "adapter_mismatch" }));
    expect(check.meanDifference).toBeLessThan(0.2);

    // A long row: what llama.cpp says of all its tokens together would fill this heap several times over.
    const long = join(shop.folder, "long");
    cpSync(join(out, "artifacts"), long, { recursive: true });
    const ids = Array.from({ length: 400 }, (_, index) => 100 + index);
    const at = ids.slice(1).map((_, index) => index);
    writeFileSync(join(long, "check.json"), JSON.stringify([{ input_ids: ids, at, best: at, logprobs: at.map(() => -1) }]));
    const script = join(shop.folder, "check.mjs");
    writeFileSync(script, `import { checkAdapter } from ${JSON.stringify(resolve(cli, "../training.js"))};\nconsole.log((await checkAdapter("smollm2-135m", process.argv[2])).tokens);`);
    expect(execFileSync(process.execPath, ["--max-old-space-size=256", script, long], { encoding: "utf8" })).toBe("399\n");

    const trained = execFileSync(process.execPath, [cli, "run", "What is 5 + 6?", "-m", "smollm2-135m", "--adapter", out, "--prompt", "student", "--max-steps", "1", "--max-tokens", "8", "--json"], { encoding: "utf8" });
    expect(trained).toContain('"model":"smollm2-135m+adapter"');
  });

  it("is refused for another model, and where only PEFT's format is there", async () => {
    const other = resolve(import.meta.dirname, "../examples/student");
    const run = (adapter: string) => execFileSync(process.execPath, [cli, "run", "q", "-m", "smollm2-135m", "--adapter", adapter], { stdio: "pipe" });
    expect(() => run(other)).toThrow(/LoRA adapter/);
    const peft = join(shop.folder, "peft");
    mkdirSync(peft);
    writeFileSync(join(peft, "adapter_config.json"), "{}");
    await expect(findAdapter(peft)).rejects.toMatchObject({ code: "adapter_unreadable", message: expect.stringMatching(/PEFT's format only/) });
    symlinkSync(other, join(shop.folder, "linked"));
    expect(await findAdapter(join(shop.folder, "linked"))).toMatch(/linked\/adapter.gguf$/);
  });
});
