import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildReport, csvReport, markdownReport, type Report, terminalTable } from "../src/report/index.ts";
import { scoreRuns, summarize } from "../src/eval/index.ts";
import { readTrajectories } from "../src/trajectory/index.ts";
import { figureSvg } from "../src/report/figures/plot.ts";
import { table2 } from "../src/report/paper/main-results.ts";
import { table3, table6, table8 } from "../src/report/paper/other-results.ts";
import { hostileTrajectories } from "./support/hostile-trajectories.ts";
import { type MadeRun, makeTrajectories, makeTrajectory, writeJournal } from "./support/trajectories.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-report-"));
const cli = resolve(import.meta.dirname, "../dist/cli.js");
afterAll(() => rm(folder, { recursive: true, force: true }));

async function runs(name: string, made: Readonly<Record<string, MadeRun & { labels?: object; count?: number }>>): Promise<string> {
  for (const [run, { labels, count = 50, ...options }] of Object.entries(made)) {
    await writeJournal(join(folder, name, run, "journal.jsonl"), makeTrajectories(count, options));
    if (labels) await writeFile(join(folder, name, run, "run.json"), JSON.stringify(labels));
  }
  return join(folder, name);
}

function table(report: Report, id: string) {
  const found = report.tables.find((each) => each.id === id);
  if (!found) throw new Error(id);
  const ours = found.rows.filter(({ source }) => source === "ours");
  const cell = (row: number, title: string) => ours[row]?.cells[found.columns.findIndex((column) => column.title === title)];
  return { ...found, ours, cell };
}

describe("the paper's figures", () => {
  it("were copied without a slip: each row's average is the one that the paper prints", () => {
    // Not Table 4, whose printed averages are not those of its own columns.
    const rows = [...table2, ...table3, ...table6, ...table8].map(({ values }) => values);
    for (const row of rows) {
      const values = row.slice(0, -1);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      // The paper averaged before it rounded.
      expect(Math.abs(mean - (row.at(-1) ?? 0))).toBeLessThan(0.06);
    }
    expect(table2).toHaveLength(34);
  });
});

describe("a report", () => {
  it("sets our runs after the paper's rows of the same size and method, with intervals, and leaves the rest empty", async () => {
    const path = await runs("main", {
      "cot/gsm_hard": { solver: "cot", metadata: { dataset: "GSM-Hard" } },
      "cot/math": { solver: "cot", metadata: { dataset: "math_500" } },
      "sag/gsm_hard_500": { solver: "agent", samples: 8, model: "qwen2.5-coder-0.5b+ftp-1" },
    });
    const { rows, ours, cell } = table(await buildReport([path]), "table-2");
    const at = rows.findIndex(({ source }) => source === "ours");
    expect(rows[at - 1]).toMatchObject({ source: "paper", labels: ["0.5B", "CoT Prompting", "Qwen2.5-Instruct"] });
    expect(ours.map(({ labels }) => labels)).toEqual([
      ["0.5B", "CoT Prompting", "qwen2.5-0.5b"],
      ["0.5B", "Agent Distill + FTP + SAG", "qwen2.5-coder-0.5b+ftp-1"],
    ]);
    const found = cell(0, "GSM-Hard");
    expect(found?.n).toBe(50);
    expect(found?.low).toBeLessThan(found?.value ?? 0);
    expect(cell(0, "MATH-500")).toBeDefined();
    expect(cell(0, "HotpotQA")).toBeUndefined();
    expect(cell(0, "Avg.")).toBeUndefined();
  });

  it("averages a row that has all eight benchmarks", async () => {
    const names = ["hotpotqa", "math_500", "musique", "bamboogle", "2wikimultihopqa", "gsm_hard", "aime", "olymmath"];
    const path = await runs("eight", Object.fromEntries(names.map((benchmark) => [benchmark, { solver: "agent", count: 20, metadata: { dataset: benchmark } }])));
    const { cell, ours } = table(await buildReport([path]), "table-2");
    const values = ours[0]?.cells.slice(0, 8).map((each) => each?.value ?? Number.NaN) ?? [];
    expect(cell(0, "Avg.")?.value).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 8, 10);
  });

  it("counts a question without an answer as wrong, and gives a run that was never graded no accuracy", async () => {
    const { grade: _grade, ...ungraded } = makeTrajectory(1, { solver: "cot" });
    const failed = { ...ungraded, id: "failed", question: { ...ungraded.question, id: "other" }, outcome: { type: "error" as const, code: "model_failed", message: "gone" } };
    const right = { ...ungraded, id: "right", grade: { grader: "math", correct: true, score: 1 } };
    await writeJournal(join(folder, "wrong/graded/journal.jsonl"), [right, failed]);
    await writeJournal(join(folder, "wrong/ungraded/journal.jsonl"), [ungraded, failed]);
    const report = await buildReport([join(folder, "wrong")]);
    expect(table(report, "runs").cell(0, "Accuracy")).toMatchObject({ value: 50, n: 2 });
    expect(table(report, "runs").cell(1, "Accuracy")).toBeUndefined();
    expect(report.notes.join()).toContain("Not graded, so without accuracy: ungraded");
  });

  it("counts a run that was done again once, as it ended last, and one that was interrupted not at all", async () => {
    const right = { ...makeTrajectory(1, { solver: "cot" }), grade: { grader: "math", correct: true, score: 1 } };
    const failed = { ...right, outcome: { type: "error" as const, code: "model_failed", message: "gone" } };
    const interrupted = { ...right, id: "interrupted", outcome: { type: "aborted" as const, message: "stopped" } };
    await writeJournal(join(folder, "again/journal.jsonl"), [failed, interrupted, right]);
    await appendFile(join(folder, "again/journal.jsonl"), `${JSON.stringify(failed)}\n${JSON.stringify({ ...interrupted, id: right.id })}\n`);
    const report = await buildReport([join(folder, "again")]);
    expect(table(report, "runs").cell(0, "Accuracy")).toMatchObject({ value: 100, n: 1 });
    expect(report.trajectories).toBe(1);
    const [summary] = await summarize(scoreRuns(readTrajectories(join(folder, "again")), { grader: "recorded" }));
    expect(summary).toMatchObject({ runs: 1, accuracy: { value: 1 } });
  });

  it("reads a journal once that two paths lead to, and one behind a link", async () => {
    const path = await runs("linked", { a: { solver: "cot", metadata: { dataset: "gsm_hard" } } });
    await mkdir(join(path, "b"));
    await symlink(join(path, "a/journal.jsonl"), join(path, "b/journal.jsonl"));
    expect((await buildReport([path, join(path, "a"), join(path, "b")])).trajectories).toBe(50);
    expect((await buildReport([join(path, "b")])).trajectories).toBe(50);
  });

  it("keeps setups apart that the paper's tables would name alike, in rows and in bars", async () => {
    const path = join(folder, "prompts");
    const made = [...makeTrajectories(50, { solver: "agent", metadata: { dataset: "gsm_hard" } })];
    for (const prompt of ["three", "two"]) {
      const run = made.map((each) => ({ ...each, solver: { ...each.solver, prompt } }));
      await writeJournal(join(path, prompt, "journal.jsonl"), run.slice(0, 25));
      await writeJournal(join(path, `${prompt}-rest`, "journal.jsonl"), run.slice(25));
    }
    const report = await buildReport([path]);
    const { ours, cell } = table(report, "table-2");
    expect(ours.map(({ labels }) => labels[2])).toEqual(["qwen2.5-0.5b, prompt three", "qwen2.5-0.5b, prompt two"]);
    expect(cell(1, "GSM-Hard")?.n).toBe(50);
    const bars = report.figures.find(({ id }) => id === "figure-runs")?.points ?? [];
    expect(bars.map(({ series, n }) => [series, n])).toEqual([
      ["Agent Prompting, qwen2.5-0.5b, prompt three", 50],
      ["Agent Prompting, qwen2.5-0.5b, prompt two", 50],
    ]);
  });

  it("is no surer of questions that were asked three times than of the questions", async () => {
    const once = await runs("once", { a: { solver: "cot", metadata: { dataset: "gsm_hard" } } });
    const made = [...makeTrajectories(50, { solver: "cot", metadata: { dataset: "gsm_hard" } })];
    const thrice = [0, 1, 2].flatMap((seed) => made.map((each) => ({ ...each, seed, id: `${each.id}-${seed}` })));
    await writeJournal(join(folder, "thrice/a/journal.jsonl"), thrice);
    const [one, three] = [table(await buildReport([once]), "table-2").cell(0, "GSM-Hard"), table(await buildReport([join(folder, "thrice")]), "table-2").cell(0, "GSM-Hard")];
    expect(three).toMatchObject({ value: one?.value, n: 50 });
    const width = (cell: typeof one) => (cell?.high ?? 0) - (cell?.low ?? 0);
    expect(width(three)).toBeGreaterThan(0.9 * width(one));
    const [summary] = await summarize(scoreRuns(readTrajectories(join(folder, "thrice/a")), { grader: "recorded" }));
    expect(three?.low).toBeCloseTo(100 * (summary?.accuracy.low ?? 0), 10);
  });

  it("counts the run before a line with its id that is no trajectory", async () => {
    const right = { ...makeTrajectory(1, { solver: "cot" }), grade: { grader: "math", correct: true, score: 1 } };
    await writeJournal(join(folder, "spoilt/journal.jsonl"), [right]);
    await appendFile(join(folder, "spoilt/journal.jsonl"), `${JSON.stringify({ id: right.id, outcome: right.outcome })}\n`);
    const report = await buildReport([join(folder, "spoilt")]);
    expect(table(report, "runs").cell(0, "Accuracy")).toMatchObject({ value: 100, n: 1 });
    expect(report.notes.join()).toContain("1 line");
  });

  it("fills tables 3, 5, 6, 7 and 8 from what run.json and the trajectories say", async () => {
    const agent: MadeRun = { solver: "agent", samples: 4, model: "qwen2.5-1.5b+a" };
    const labels = { distilled: true, teacher: "32B-Coder", tuning: "full", temperature: 0.6, benchmark: "AIME" };
    const path = await runs("labelled", {
      one: { ...agent, seed: 1, labels },
      two: { ...agent, seed: 2, labels },
      teacher: { solver: "agent", firstThought: true, model: "qwen2.5-32b", labels: { benchmark: "math_hard" } },
    });
    const report = await buildReport([path]);
    expect(table(report, "table-3").ours.map(({ labels }) => labels)).toEqual([["32B-Coder", "qwen2.5-1.5b+a"]]);
    expect(table(report, "table-5").ours.map(({ labels }) => labels[0])).toEqual(["Agent Prompting + FTP"]);
    expect(table(report, "table-5").cell(0, "MATH hard")?.n).toBe(50);
    expect(table(report, "table-6").ours[0]?.labels[0]).toBe("0.6");
    expect(table(report, "table-7").cell(0, "Std")).toMatchObject({ n: 2 });
    expect(table(report, "table-8").ours[0]?.labels[0]).toBe("Full fine-tuning");
    expect(table(report, "table-8").cell(0, "AIME")?.n).toBe(50);
  });

  it("passes over the first thoughts beside a journal, and what is hidden", async () => {
    const path = await runs("collection", { teacher: { solver: "cot", count: 2 } });
    for (const below of ["first-thoughts", ".cache"]) {
      await mkdir(join(path, "teacher", below));
      await writeFile(join(path, "teacher", below, "trajectories.jsonl"), '{"question":"?","text":"Thought: "}\n');
    }
    const report = await buildReport([path]);
    expect(report.notes).toEqual([]);
    expect(table(report, "runs").ours).toHaveLength(1);
  });

  it("reads a journal that was killed in the middle of a line, and says what it left out", async () => {
    const path = join(folder, "torn", "journal.jsonl");
    await writeJournal(path, makeTrajectories(3, { solver: "cot" }));
    await appendFile(path, '{"schema":"apprentice/traj');
    const report = await buildReport([path]);
    expect(report.trajectories).toBe(3);
    expect(report.notes.join()).toMatch(/1 line is no trajectory and was left out: .*journal\.jsonl, byte \d+/);
  });

  it("refuses a run.json that it cannot use, by name", async () => {
    const path = await runs("bad-labels", { run: { solver: "cot", count: 1, labels: { tuning: "some" } } });
    await expect(buildReport([path])).rejects.toMatchObject({ code: "run_labels_invalid", message: expect.stringContaining("tuning") });
  });

  it("draws its figures as SVG that holds no style and no script, hollow for the paper", async () => {
    const path = await runs("figures", { a: { solver: "agent", metadata: { dataset: "math_500" } }, b: { solver: "cot", metadata: { dataset: "math_500" } } });
    const { figures } = await buildReport([path]);
    expect(figures.map(({ id }) => id)).toEqual(["figure-runs", "figure-1", "figure-4", "figure-5", "figure-6", "figure-7", "figure-8"]);
    for (const figure of figures) {
      const drawn = figureSvg(figure);
      expect(drawn?.svg).toMatch(/^<svg.*role="img"/);
      expect(drawn?.svg).not.toMatch(/<style|<script|style=/);
    }
    const levels = figures.find(({ id }) => id === "figure-4")?.points.filter(({ facet }) => facet === "By level") ?? [];
    expect(levels.filter(({ series }) => series.startsWith("CoT")).reduce((sum, { n = 0 }) => sum + n, 0)).toBe(50);
  });

  it("is safe to open as text, Markdown and CSV, whatever names stand in it", async () => {
    const path = join(folder, "hostile", "journal.jsonl");
    const named = { ...makeTrajectory(0, { solver: "cot" }), model: '=HYPERLINK("http://x")|<b>\u202E\u001B[2J\n# head' };
    await writeJournal(path, [...hostileTrajectories().slice(0, 3), named]);
    const { tables, figures } = await buildReport([path]);
    // oxlint-disable-next-line no-control-regex
    const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
    expect(tables.map((each) => terminalTable(each)).join("\n")).not.toMatch(unsafe);
    const markdown = markdownReport(tables);
    expect(markdown).not.toMatch(unsafe);
    expect(markdown).not.toMatch(/(?<!\\)<(?:b|script|img)/);
    expect(csvReport(tables, figures)).not.toMatch(/(?:^|,)"?[=+@]/m);
  });
});

describe("on the command line", () => {
  it("report prints tables, writes what the file's name says, and gives JSON lines", async () => {
    const path = await runs("cli", { a: { solver: "cot", metadata: { dataset: "gsm_hard" } } });
    const run = (...args: string[]) => execFileSync(process.execPath, [cli, "report", path, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(run()).toMatch(/Table 2: main results[\s\S]*ours\s+0\.5B\s+CoT Prompting/);
    const out = (name: string) => join(folder, name);
    run("--out", out("r.md"));
    run("--out", out("r.csv"));
    run("--out", out("r.html"));
    expect(await readFile(out("r.md"), "utf8")).toContain("## Table 8");
    expect(await readFile(out("r.csv"), "utf8")).toMatch(/^table-2,paper,Params=0\.5B; Method=CoT Prompting.*,GSM-Hard,25\.6,,,$/m);
    expect(await readFile(out("r.html"), "utf8")).toMatch(/^<!doctype html>/);
    const lines = run("--json").trim().split("\n").map((line): unknown => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ part: "table-2", source: "ours" }));
  });

  it("wrong use ends with 2 and a line that says what to do", async () => {
    const one = await runs("one", { a: { solver: "cot", count: 1 } });
    const status = (...args: string[]) => {
      try {
        execFileSync(process.execPath, [cli, ...args], { stdio: "pipe", encoding: "utf8" });
        return undefined;
      } catch (error) {
        const { status, stderr } = error as { status: number; stderr: string };
        return `${status} ${stderr}`;
      }
    };
    expect(status("report", join(folder, "nowhere"))).toMatch(/^2 apprentice: There is no .*nowhere/);
    expect(status("report", one, "--out", "x.pdf")).toMatch(/^2 apprentice: x\.pdf could be anything/);
    expect(status("report", one, "--out", "/nowhere/report.html")).toMatch(/^2 (?:.*\n)*apprentice: \/nowhere\/report\.html cannot be written/);
    expect(status("report", one, "--out", "/nowhere/report.md")).toMatch(/^2 (?:.*\n)*apprentice: \/nowhere\/report\.md cannot be written/);
    expect(status("view", join(folder, "nowhere"))).toMatch(/^2 apprentice: There is no .*nowhere/);
    expect(status("view", one, "--port", "70000")).toMatch(/^2 /);
    expect(status("view", one, "--host", "203.0.113.5")).toMatch(/^2 apprentice: 203\.0\.113\.5 is no address of this machine/);
    expect(status("eval", "--runs", one)).toMatch(/^2 apprentice: .*one has no \.jsonl file of runs/);
    const escape = join(folder, "escape.jsonl");
    await writeFile(escape, '{"a":\u001B[2Jboo}\n');
    // oxlint-disable-next-line no-control-regex
    expect(status("eval", "--runs", escape)).not.toMatch(/\u001b/);
    expect(status("report", `${escape}.gz`)).toMatch(/^2 /);
  });

  it("view says its address and ends when it is told to", async () => {
    const path = await runs("cli-view", { a: { solver: "cot", count: 2 } });
    const viewer = spawn(process.execPath, [cli, "view", path, "--port", "0", "--json"], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(viewer.stdout, "data")) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    expect(await (await fetch(url)).text()).toContain("<title>Trajectories</title>");
    viewer.kill("SIGINT");
    expect(await once(viewer, "exit")).toEqual([0, null]);
  });
});
