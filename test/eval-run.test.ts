import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { evaluate, loadQuestions, readRunLabels, scoreRuns, summarize } from "../src/eval/index.ts";
import { byBenchmark } from "../src/grading/index.ts";
import type { ChatModel } from "../src/index.ts";
import { buildReport } from "../src/report/index.ts";
import { scriptedModel } from "../src/testing/index.ts";
import { readTrajectories } from "../src/trajectory/index.ts";
import { all } from "./support/collecting.ts";

const cli = resolve(import.meta.dirname, "../dist/cli.js");
const folder = await mkdtemp(join(tmpdir(), "apprentice-eval-run-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const questions = join(folder, "own.jsonl");
const sums = Array.from({ length: 6 }, (_, index) => ({ id: `s${index}`, text: `What is ${index} + 40?`, answer: String(index + 40) }));
await writeFile(questions, sums.map((row) => `${JSON.stringify(row)}\n`).join(""));

const turn = (code: string) => `Thought: I compute.\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>`;
const signal = new AbortController().signal;

/** Always writes the same turn. */
function repeating(text: string): ChatModel {
  return { ...scriptedModel([]), id: "student-0.5b", generate: (request) => scriptedModel([text]).generate(request) };
}

describe("evaluate", () => {
  const base = { set: { questions: sums }, grader: byBenchmark(), signal } as const;

  it("asks every question once with each seed, right or wrong, and goes on where it was", async () => {
    const out = join(folder, "seeds");
    const options = { ...base, out, solver: { model: "m", solver: "agent" }, openModel: async () => repeating(turn("final_answer(42)")), seed: 5 } as const;
    expect(await evaluate({ ...options, seeds: 2 })).toMatchObject({ end: "done", runs: 12, questions: 6 });
    expect(await evaluate({ ...options, seeds: 3 })).toMatchObject({ end: "done", runs: 6 });
    const [summary, ...others] = await summarize(scoreRuns(readTrajectories(out)));
    expect(others).toEqual([]);
    expect(summary).toMatchObject({ runs: 18, questions: 6, accuracy: { value: expect.closeTo(1 / 6, 10) }, repeats: { accuracies: [{ seed: 5 }, { seed: 6 }, { seed: 7 }], deviation: 0 } });
    await expect(evaluate({ ...options, seeds: 3, seed: 6 })).rejects.toMatchObject({ code: "collect_changed" });
  });

  it("counts a run that failed as wrong", async () => {
    const out = join(folder, "failing");
    const broken: ChatModel = {
      ...repeating(""),
      async *generate(request) {
        if (JSON.stringify(request.messages).includes("What is 2 +")) throw new Error("the server is gone");
        yield* repeating(turn("final_answer(42)")).generate(request);
      },
    };
    expect(await evaluate({ ...base, out, solver: { model: "m", solver: "agent" }, openModel: async () => broken })).toMatchObject({ end: "done", errors: 1 });
    expect(await summarize(scoreRuns(readTrajectories(out), { grader: "recorded" }))).toMatchObject([{ runs: 6, accuracy: { value: 0 }, outcomes: { answered: 5, error: 1 } }]);
  });

  it("tells the report what it ran: benchmark, adapter, SAG and its temperature", async () => {
    const out = join(folder, "report", "sag");
    const asked = { ...(await loadQuestions(questions, { benchmark: "gsm_hard" })) };
    const solver = { model: "qwen2.5-coder-0.5b", adapter: ["ftp.gguf"], solver: "agent", samples: 8, temperature: 0.4, topP: 0.8 } as const;
    await evaluate({ ...base, set: asked, out, solver, labels: { teacher: "32B-Coder", firstThought: true }, openModel: async () => repeating(turn("final_answer(41)")) });
    expect(await readRunLabels(out)).toEqual({ benchmark: "gsm_hard", distilled: true, tuning: "lora", temperature: 0.4, teacher: "32B-Coder", firstThought: true });

    const report = await buildReport([join(folder, "report")]);
    const ours = (id: string) => report.tables.find((table) => table.id === id)?.rows.filter(({ source }) => source === "ours") ?? [];
    expect(ours("table-2").map(({ labels }) => labels)).toEqual([["0.5B", "Agent Distill + FTP + SAG", "student-0.5b"]]);
    expect(ours("table-3")[0]?.labels).toEqual(["32B-Coder", "student-0.5b"]);
    expect(ours("table-6")[0]?.labels).toEqual(["0.4", "student-0.5b, Agent Distill + FTP + SAG"]);
    expect(ours("table-8")[0]?.labels[0]).toBe("LoRA");
  });

  it("is recognised by samplers' own names where run.json does not say", async () => {
    const runs = { sag: { solver: "agent", samples: 4 }, consistency: { solver: "cot", samples: 4, temperature: 0.6 }, single: { solver: "cot", samples: 1, temperature: 0.7 } } as const;
    for (const [name, solver] of Object.entries(runs)) {
      const set = { questions: sums.slice(0, 1), benchmark: "gsm_hard" as const };
      await evaluate({ ...base, set, out: join(folder, "named", name), solver: { model: "m", ...solver }, openModel: async () => repeating(solver.solver === "cot" ? "So \\boxed{40}." : turn("final_answer(40)")) });
      await rm(join(folder, "named", name, "run.json"));
    }
    const report = await buildReport([join(folder, "named")]);
    const rows = report.tables.find(({ id }) => id === "runs")?.rows.map(({ labels }) => [labels[0], labels[3]]);
    expect(rows).toEqual([["consistency", "CoT Prompting + SC"], ["sag", "Agent Prompting + SAG"], ["single", "CoT Prompting"]]);
  });
});

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function linesOf(path: string): number {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
}

async function apprentice(args: readonly string[], killWhenLines?: { readonly journal: string; readonly lines: number }): Promise<Result> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, APPRENTICE_BENCHMARKS: join(folder, "benchmarks") } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const watch = setInterval(() => {
    if (killWhenLines && linesOf(killWhenLines.journal) >= killWhenLines.lines) child.kill("SIGKILL");
  }, 20);
  const [status] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  return { status, stdout, stderr };
}

describe("apprentice eval --questions, with a real model", { timeout: 600_000 }, () => {
  it("killed twice, goes on, and scores every question once", async () => {
    const out = join(folder, "killed");
    const journal = join(out, "trajectories.jsonl");
    const args = ["eval", "-q", questions, "-o", out, "-m", "smollm2-135m", "--solver", "cot", "--max-tokens", "24", "--concurrency", "1"];
    expect((await apprentice(args, { journal, lines: 1 })).status).toBeNull();
    expect((await apprentice(args, { journal, lines: 3 })).status).toBeNull();
    const before = linesOf(journal);
    expect(before).toBeLessThan(6);

    const { status, stdout } = await apprentice([...args, "--json"]);
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as { type: string });
    expect(status).toBe(0);
    expect(lines.filter(({ type }) => type === "run")).toHaveLength(6 - before);
    expect(lines.at(-1)).toMatchObject({ type: "summary", runs: 6, questions: 6, model: "smollm2-135m", accuracy: { method: "wilson" } });
    expect(new Set((await all(readTrajectories(out))).map(({ question }) => question.id)).size).toBe(6);
  });

  it("finds a benchmark by its name, and says where to get one that is not there", async () => {
    await mkdir(join(folder, "benchmarks"), { recursive: true });
    await writeFile(join(folder, "benchmarks", "gsm_hard.jsonl"), `${JSON.stringify({ input: "What is 1 + 1?", target: 2 })}\n`);
    const args = ["eval", "-m", "smollm2-135m", "--solver", "cot", "--max-tokens", "4", "-o", join(folder, "benchmark")];
    const { stdout } = await apprentice([...args, "-q", "GSM-Hard", "--label", "teacher=32B"]);
    expect(stdout).toMatch(/gsm_hard.*cot greedy.*smollm2-135m/);
    expect(await readRunLabels(join(folder, "benchmark"))).toEqual({ benchmark: "gsm_hard", teacher: "32B" });
    expect(await apprentice([...args, "-q", "aime"])).toMatchObject({ status: 2, stderr: expect.stringMatching(/AIME are not here: get them from hf:.*aime\.jsonl, or give a file/) });
  });

  it.each([
    ["neither questions nor runs", [], /Give --questions and --out to ask, or --runs/],
    ["questions without a folder", ["-q", questions], /--questions and --out <dir> go together/],
    ["a file that is not there", ["-q", "nowhere.json", "-o", "x"], /no file nowhere\.json, and no benchmark/],
    ["a benchmark that is none", ["-q", questions, "-o", "x", "--benchmark", "mmlu"], /no benchmark mmlu/],
    ["grades that are not there yet", ["-q", questions, "-o", "x", "--grader", "recorded"], /new runs have no grade/],
    ["a judge beside a grader", ["--runs", "x", "--judge", "m", "--grader", "math"], /give --judge or --grader/],
    ["a label that is none", ["-q", questions, "-o", "x", "--label", "size=3"], /Give one of benchmark=/],
  ])("refuses %s", async (_, args, message) => {
    const { status, stdout, stderr } = await apprentice(["eval", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });
});
