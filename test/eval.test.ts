import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compare, pairings, scoreRun, scoreRuns, summarize, type Score } from "../src/eval/index.ts";
import { cutOffNotes } from "../src/cli/terminal/eval-tables.ts";
import { exactMatchGrader, judgeGrader } from "../src/grading/index.ts";
import { createAgent, type Question, type Trajectory } from "../src/index.ts";
import { scriptedModel } from "../src/testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "apprentice-eval-"));
const turn = (code: string) => `Thought: I compute.\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>`;
const maths: Question = { id: "m1", text: "What is six times seven?", answer: "42", metadata: { dataset: "math_500", level: "Level 2", subject: "Prealgebra" } };
const fact: Question = { id: "f1", text: "Who wrote Momo?", answer: "Michael Ende", metadata: { dataset: "hotpotqa" } };

/** One real run of the agent; the others are it, with other questions and answers. */
let solved: Trajectory;

beforeAll(async () => {
  const model = scriptedModel(["I do not know.", turn("1 / 0"), turn("print(6 * 7)"), turn("final_answer(6 * 7)")], { id: "small" });
  solved = await createAgent({ model }).solve(maths).result;
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (id: string, question: Question, outcome: Trajectory["outcome"] | string, changes: Partial<Trajectory> = {}): Trajectory => ({
  ...solved,
  id,
  question: { ...question, id: question.id ?? id } as Trajectory["question"],
  outcome: typeof outcome === "string" ? { type: "answered", answer: outcome, by: "final_answer" } : outcome,
  ...changes,
});
/** Runs on questions 0…n-1, right on those that `right` says. */
const runs = (name: string, count: number, right: (index: number) => boolean, changes: Partial<Trajectory> = {}): Trajectory[] =>
  Array.from({ length: count }, (_, index) => run(`${name}-${index}`, { ...maths, id: `q${index}` }, right(index) ? "42" : "41", changes));
const scores = async (trajectories: readonly Trajectory[]): Promise<Score[]> => Promise.all(trajectories.map((trajectory) => scoreRun(trajectory)));

describe("the score of a run", () => {
  it("says what the agent did", async () => {
    expect(await scoreRun(solved)).toEqual({
      id: solved.id,
      subject: { dataset: "math_500", solver: "agent", sampler: "greedy", prompt: "teacher", model: "small", firstThought: false },
      question: "m1", level: "2", category: "Prealgebra", seed: 0, attempt: 0,
      correct: true, score: 1, grader: "math@1", outcome: "answered", answeredBy: "final_answer",
      cutOff: false, parseErrors: 1, executionErrors: 1, steps: 4, toolCalls: solved.steps.length - 4,
      inputTokens: solved.usage.inputTokens, outputTokens: solved.usage.outputTokens, ms: solved.ms,
    });
  });

  it("of a factual question has SQuAD's measures", async () => {
    expect(await scoreRun(run("a", fact, "The author Michael Ende"))).toMatchObject({ correct: false, grader: "exact_match", exactMatch: false, f1: 0.8 });
    expect(await scoreRun(run("b", fact, "michael ende."))).toMatchObject({ correct: true, exactMatch: true, f1: 1 });
  });

  it("is wrong when the run failed, even where it was graded right", async () => {
    const failed = run("a", maths, { type: "error", code: "model_failed", message: "gone" }, { grade: { grader: "math@1", correct: true, score: 1 } });
    expect(await scoreRun(failed, { grader: "recorded" })).toMatchObject({ correct: false, score: 0, outcome: "error" });
    expect(await scoreRun(run("b", maths, { type: "no_answer" }))).toMatchObject({ correct: false, outcome: "no_answer" });
  });

  it("takes the grade that was recorded, where it is asked to", async () => {
    const judged = run("a", fact, "Ende", { grade: { grader: "judge@1:large", correct: true, score: 1 } });
    expect(await scoreRun(judged, { grader: "recorded" })).toMatchObject({ correct: true, grader: "judge@1:large", exactMatch: false });
    expect(await scoreRun(judged)).toMatchObject({ correct: false, grader: "exact_match" });
    expect(await scoreRun(run("b", maths, "42"), { grader: exactMatchGrader })).toMatchObject({ correct: true, grader: "exact_match" });
  });

  it("may come from a judge, several runs at once and in order", async () => {
    const verdict = (score: 0 | 1) => JSON.stringify({ explanation: "so", score });
    const factual = judgeGrader({ model: scriptedModel([verdict(1), verdict(0), verdict(1)]), cache: join(folder, "judge") });
    const judged: Score[] = [];
    for await (const score of scoreRuns([run("a", fact, "Ende"), run("b", maths, "42"), run("c", fact, "Preussler"), run("d", fact, "M. Ende")], { factual, concurrency: 3 })) judged.push(score);
    expect(judged.map(({ id, correct }) => [id, correct])).toEqual([["a", true], ["b", true], ["c", false], ["d", true]]);
  });
});

describe("a summary", () => {
  it("has accuracy with Wilson's interval, and means", async () => {
    const [summary, ...others] = await summarize(await scores(runs("r", 40, (index) => index < 10)));
    expect(others).toEqual([]);
    expect(summary).toMatchObject({
      dataset: "math_500", solver: "agent", model: "small", runs: 40, questions: 40, graders: ["math@1"],
      accuracy: { value: 0.25, low: expect.closeTo(0.141871, 6), high: expect.closeTo(0.40194, 6), method: "wilson" },
      outcomes: { answered: 40, forced: 0, noAnswer: 0, error: 0 }, parseErrors: 1, executionErrors: 1, steps: 4,
      outputTokens: solved.usage.outputTokens,
    });
    expect(summary).not.toHaveProperty("cost");
    expect(summary).not.toHaveProperty("f1");
  });

  it("tells how many were cut off at the limit of tokens, in a turn that counted", async () => {
    const ended = (finish: "length" | "end", winner: number) => solved.steps.map((step) => (step.kind === "action" ? { ...step, vote: { ...step.vote, winner }, candidates: [{ ...step.candidates[0], finish }, { ...step.candidates[0], finish: "stop" }] } : step)) as Trajectory["steps"];
    const response: Trajectory["steps"][number] = { kind: "response", index: 0, responses: [{ index: 0, text: "So", finish: "length", usage: solved.usage, ms: 1 }], vote: { winner: 0, reason: "only" }, usage: solved.usage, ms: 1 };
    const trajectories = [...runs("cut", 1, () => false, { steps: ended("length", 0) }), ...runs("needless", 1, () => true, { steps: ended("length", 1) }), ...runs("whole", 1, () => true, { steps: ended("end", 0) }), ...runs("chain", 1, () => false, { steps: [response] })];
    const [summary] = await summarize(await scores(trajectories));
    expect((await scores(trajectories)).map(({ cutOff }) => cutOff)).toEqual([true, false, false, true]);
    expect(summary?.cutOff).toBe(2);
    expect(summary && cutOffNotes([{ runs: "a", summary: { ...summary, cutOff: 0 } }, { runs: "b", summary }])).toMatch(/^b, math_500: 2 of 4 runs .* limit of tokens.*\n$/);
  });

  it("counts failed runs as wrong and leaves interrupted ones out", async () => {
    const trajectories = [
      ...runs("r", 2, () => true),
      run("e", { ...maths, id: "q2" }, { type: "error", code: "model_failed", message: "gone" }),
      run("i", { ...maths, id: "q3" }, { type: "aborted", message: "stopped" }),
    ];
    const [summary] = await summarize(scoreRuns(trajectories));
    expect(summary).toMatchObject({ runs: 3, accuracy: { value: 2 / 3 }, outcomes: { answered: 2, error: 1 } });
  });

  it("counts a run that was done again once, as it ended last, but never as it failed", async () => {
    const failed = run("same", maths, { type: "error", code: "model_failed", message: "gone" });
    const done = run("same", maths, "42");
    for (const records of [[failed, done], [done, failed]]) {
      expect(await summarize(scoreRuns(records))).toMatchObject([{ runs: 1, accuracy: { value: 1 } }]);
    }
    expect(await summarize(scoreRuns([run("same", maths, "41"), done]))).toMatchObject([{ runs: 1, accuracy: { value: 1 } }]);
  });

  it("of questions asked several times resamples questions, and says how repetitions differ", async () => {
    const first = runs("s1", 20, (index) => index < 10, { seed: 1 });
    const second = runs("s2", 20, (index) => index < 12, { seed: 2 });
    const [summary] = await summarize(await scores([...first, ...second]));
    expect(summary).toMatchObject({
      runs: 40, questions: 20, accuracy: { value: 0.55, method: "bootstrap" },
      repeats: { accuracies: [{ seed: 1, runs: 20, accuracy: 0.5 }, { seed: 2, runs: 20, accuracy: 0.6 }], deviation: expect.closeTo(0.0707107, 6) },
    });
    // As wide as 20 questions allow, not 40 runs.
    expect((summary?.accuracy.high ?? 0) - (summary?.accuracy.low ?? 0)).toBeGreaterThan(0.38);
  });

  it("keeps apart what differs in set, solver, sampler, prompt, model or first thought; by level where asked", async () => {
    const trajectories = [
      ...runs("a", 2, () => true),
      ...runs("b", 2, () => false, { model: "large" }),
      ...runs("c", 2, () => true, { solver: { ...solved.solver, sampler: "sag-8" } }),
      run("d", { ...maths, metadata: { dataset: "math_500", level: 5 } }, "41"),
      run("e", fact, "Michael Ende"),
    ];
    const all = await scores(trajectories);
    expect((await summarize(all)).map(({ dataset, model, sampler, runs }) => [dataset, model, sampler, runs])).toEqual([
      ["math_500", "small", "greedy", 3], ["math_500", "large", "greedy", 2], ["math_500", "small", "sag-8", 2], ["hotpotqa", "small", "greedy", 1],
    ]);
    expect((await summarize(all, { by: "level" })).map(({ group, runs }) => [group, runs])).toEqual([["2", 2], ["2", 2], ["2", 2], ["5", 1], ["none", 1]]);
  });

  it("adds up what models cost", async () => {
    expect(await summarize(await scores(runs("a", 3, () => true, { usage: { ...solved.usage, cost: 0.25 } })))).toMatchObject([{ cost: 0.75 }]);
  });
});

describe("a comparison", () => {
  it("pairs questions, tests exactly, and says what it left out", async () => {
    // As in a pilot: 10 questions only the first got right, none only the second.
    const [first, second] = [await scores(runs("a", 42, (index) => index < 14)), await scores(runs("b", 40, (index) => index < 4))];
    expect(await compare(first, second)).toMatchObject({
      measure: "accuracy", questions: 40, unpaired: { first: 2, second: 0 }, first: 0.35, second: 0.1,
      table: { both: 4, onlyFirst: 10, onlySecond: 0, neither: 26, p: expect.closeTo(0.001953125, 12) },
      difference: { value: expect.closeTo(0.25, 12), method: "bootstrap" },
    });
  });

  it("of questions asked several times takes means, without a table", async () => {
    const twice = await scores([...runs("a", 10, () => true, { seed: 1 }), ...runs("b", 10, () => false, { seed: 2 })]);
    const comparison = await compare(twice, await scores(runs("c", 10, () => false)));
    expect(comparison).toMatchObject({ questions: 10, first: 0.5, second: 0 });
    expect(comparison).not.toHaveProperty("table");
  });

  it("is of one set, with one solver and model on each side", async () => {
    const [small, large] = [await scores(runs("a", 3, () => true)), await scores(runs("b", 3, () => true, { model: "large" }))];
    expect(pairings(small, large).map(({ dataset }) => dataset)).toEqual(["math_500"]);
    expect(pairings([...small, ...large], large)).toEqual([]);
    expect(pairings(small, await scores([run("f", fact, "x")]))).toEqual([]);
  });
});

describe("apprentice eval", () => {
  const cli = (...args: string[]) => spawnSync(process.execPath, [resolve(import.meta.dirname, "../dist/cli.js"), "eval", ...args], { encoding: "utf8" });
  const journal = (name: string, trajectories: readonly Trajectory[]): string => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, trajectories.map((trajectory) => `${JSON.stringify(trajectory)}\n`).join(""));
    return path;
  };

  it("prints a table, and compares the second with the first", () => {
    const { status, stdout } = cli("--runs", journal("first", runs("a", 40, (index) => index < 14)), "--runs", journal("second", runs("b", 40, (index) => index < 4)));
    expect(status).toBe(0);
    expect(stdout).toMatch(/math_500.*agent greedy.*small.*40.*35\.0.*22\.1–50\.5/);
    expect(stdout).toMatch(/35\.0 % and 10\.0 %/);
    expect(stdout).toMatch(/only the first 10, only the second 0, neither 26; exact McNemar p = 0\.0020/);
  });

  it("prints JSON lines and nothing else with --json", () => {
    const { stdout } = cli("--json", "--runs", journal("a", runs("a", 4, () => true)), "--runs", journal("b", runs("b", 4, () => false)));
    const rows = stdout.trim().split("\n").map((line) => JSON.parse(line) as { type: string });
    expect(rows.map(({ type }) => type)).toEqual(["summary", "summary", "comparison"]);
    expect(rows[2]).toMatchObject({ dataset: "math_500", table: { onlyFirst: 4, p: 0.125 } });
  });

  it("says what is wrong with its input", () => {
    expect(cli()).toMatchObject({ status: 2, stderr: expect.stringContaining("--runs") });
    expect(cli("--runs", join(folder, "none"))).toMatchObject({ status: 2, stderr: expect.stringContaining("There is no") });
    const torn = join(folder, "torn.jsonl");
    writeFileSync(torn, '{"schema":"apprentice/traj\n');
    expect(cli("--runs", torn)).toMatchObject({ status: 1, stderr: expect.stringMatching(/torn\.jsonl:1: Not a JSON line/) });
    expect(cli("--runs", folder, "--grader", "vibes").status).toBe(2);
    expect(cli("--runs", journal("empty", []))).toMatchObject({ status: 0, stdout: "No finished runs.\n" });
  });
});
