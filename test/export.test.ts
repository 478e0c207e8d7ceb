import { execFileSync } from "node:child_process";
import { mkdirSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { studentPrompt, type Trajectory } from "../src/index.ts";
import { llama } from "../src/model/llama/index.ts";
import { scriptedModel } from "../src/model/scripted.ts";
import { chainOfThought } from "../src/solvers/index.ts";
import { exportDataset, openStudent, segmentTurns, type Student, toExamples, type TrainingExample } from "../src/training/index.ts";
import { dpo, prm } from "../src/training/presets/preferences.ts";
import { checkOpenAiRow } from "./support/openai-rows.ts";
import { asRationale, runOf, turn, withVotes } from "./support/scripted-runs.ts";

const folder = mkdtempSync(join(tmpdir(), "apprentice-export-"));
const cli = resolve(import.meta.dirname, "../dist/cli.js");
let student: Student;
let twoSteps: Trajectory;
let withFailure: Trajectory;
let voted: Trajectory;

beforeAll(async () => {
  student = await openStudent("smollm2-135m");
  const answer = turn("It is in the variable.", "final_answer(total)");
  twoSteps = await runOf("two", "What is 3 + 11?", [turn("I add and look.", "total = 3 + 11\nprint(total)"), answer]);
  withFailure = await runOf("failing", "What is 3 + 11?", [turn("A wrong name.", "print(totals)"), turn("I define it.", "total = 3 + 11\nfinal_answer(total)")]);
  voted = withVotes(await runOf("voted", "What is 3 + 11?", [turn("I add.", "total = 3 + 11\nfinal_answer(total)")]));
});

afterAll(async () => {
  await student.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const only = (trajectory: Trajectory, options = {}): TrainingExample => {
  const [row] = toExamples(trajectory, student, options).rows;
  if (!row) throw new Error("No row.");
  return row.example;
};
const trainedTexts = ({ segments }: TrainingExample) => segments.filter(({ train }) => train).map(({ text }) => text);
const write = (name: string, trajectories: readonly Trajectory[]) => {
  writeFileSync(join(folder, name), trajectories.map((trajectory) => `${JSON.stringify(trajectory)}\n`).join(""));
  return join(folder, name);
};
const configOf = (format: string) => parse(readFileSync(join(folder, "formats", format, "config.yaml"), "utf8")) as object;
const lines = (path: string) => readFileSync(join(folder, path), "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, never>);

describe("a training row (Eq. 4)", () => {
  it("trains what the student writes, end of turn included, and nothing else", () => {
    expect(trainedTexts(only(twoSteps))).toEqual([
      "Thought: I add and look.\nCode:\n```py\ntotal = 3 + 11\nprint(total)\n```<end_code><|im_end|>",
      "Thought: It is in the variable.\nCode:\n```py\nfinal_answer(total)\n```<end_code><|im_end|>",
    ]);
  });

  it("of a guided chain of thought holds no reference solution, which its student will not have either", async () => {
    const question = { text: "What is 3 + 11?", answer: "14", solution: "Three and eleven are fourteen." };
    const solver = chainOfThought({ model: scriptedModel(["Add them: <answer> \\boxed{14} </answer>"]), guided: true });
    const guided = await solver.solve(question).result;
    expect(JSON.stringify(guided.messages)).toContain(question.solution);
    const { segments } = only(guided);
    expect(segments.map(({ text }) => text).join("")).toContain(question.text);
    expect(segments.map(({ text }) => text).join("")).not.toMatch(/fourteen|<reference>/);
  });

  it("has the student's prompt, without the teacher's examples", () => {
    const [first] = only(twoSteps).segments;
    expect(first?.text).not.toContain("theatre");
    expect(first?.text).toContain("- final_answer(answer: object) -> None");
    expect(first?.text).toContain(studentPrompt.system.slice(0, 100));
    expect(only(twoSteps, { prompt: "recorded" }).segments[0]?.text).toContain("theatre");
  });

  it("has the tokens that the agent gives the model: each trained part follows exactly its prompt", async () => {
    const model = await llama({ model: "smollm2-135m", contextSize: 512 });
    const { rows } = toExamples(twoSteps, student);
    const { example, turns } = rows[0] ?? expect.fail("no row");
    const assistant = turns.flatMap(({ role }, index) => (role === "assistant" ? [index] : []));
    for (const [at, [start]] of example.trained.entries()) {
      expect(example.input_ids.slice(0, start)).toEqual(model.promptTokens(turns.slice(0, assistant[at])));
    }
    expect(model.detokenize(example.input_ids)).toBe(example.segments.map(({ text }) => text).join(""));
    await model.dispose();
  });

  it("trains a first-thought prefix as part of the first thought", () => {
    const [step] = twoSteps.steps;
    if (step?.kind !== "action" || !step.candidates[0]) throw new Error("No action.");
    const given = [{ text: "Thought: I add", at: 0, source: "first_thought" as const }];
    const prefixed = { ...twoSteps, steps: [{ ...step, candidates: [{ ...step.candidates[0], given }] }, ...twoSteps.steps.slice(1)] };
    expect(trainedTexts(only(prefixed))[0]).toMatch(/^Thought: I add and look/);
  });

  it("can leave failed steps out of the loss", () => {
    expect(trainedTexts(only(withFailure))).toHaveLength(2);
    const [trained, ...more] = trainedTexts(only(withFailure, { maskFailed: true }));
    expect(more).toEqual([]);
    expect(trained).toContain("I define it");
  });

  it("can hold one step, with all that came before it", () => {
    const { rows } = toExamples(twoSteps, student, { unit: "step" });
    expect(rows.map(({ example }) => trainedTexts(example).length)).toEqual([1, 1]);
    expect(rows[1]?.example.segments[0]?.text).toContain("I add and look.");
  });

  it("holds one step each where the template rewrites earlier turns", () => {
    const forgetful = (messages: readonly { role: string; content: string }[]) => {
      const text = messages.map(({ role, content }, index) => `<${role}>${index < messages.length - 1 ? content.replace(/^Thought: .*\n/, "") : content}</${role}>\n`);
      return text.join("") + (messages.at(-1)?.role === "assistant" ? "" : "<assistant>");
    };
    const { conversation } = toExamples(twoSteps, student);
    const rows = segmentTurns(conversation.turns, { render: forgetful }, "trajectory");
    expect(rows?.map(({ unit }) => unit)).toEqual(["step", "step"]);
    expect(rows?.[1]?.segments[0]?.text).not.toContain("I add and look");
  });

  it("is the whole rationale for chain-of-thought runs, passages untrained (Eq. 2)", () => {
    const row = only(asRationale(twoSteps));
    expect(row.kind).toBe("rag");
    expect(trainedTexts(row)).toEqual(["It can be found.\n\\boxed{14}<|im_end|>"]);
  });

  it("is not made from wrong, failed or codeless runs, or text that spells control tokens; and it is said why", async () => {
    const wrong: Trajectory = { ...twoSteps, grade: { grader: "exact", correct: false, score: 0 } };
    const aborted: Trajectory = { ...twoSteps, outcome: { type: "aborted", message: "" } };
    const codeless = await runOf("codeless", "What is 3 + 11?", ["Thought: It is 14.", turn("I add.", "final_answer(3 + 11)")]);
    const spelt: Trajectory = { ...twoSteps, question: { id: "q", text: "What is <|im_end|>?" } };
    expect([wrong, aborted, codeless, spelt].flatMap((trajectory) => toExamples(trajectory, student).skipped)).toEqual(["wrong", "failed", "parse_error", "control_tokens"]);
    const cut = only(codeless, { parseErrors: "cut" });
    expect(trainedTexts(cut)).toHaveLength(1);
    expect(cut.segments[0]?.text).not.toContain("Error in code parsing");
  });

  it("needs to know the prompt of the run", () => {
    const foreign = { ...twoSteps, solver: { ...twoSteps.solver, prompt: "mine" } };
    expect(() => toExamples(foreign, student)).toThrow(expect.objectContaining({ code: "prompt_unknown" }));
  });
});

describe("an exported set", () => {
  it("has a manifest, a dataset card, the same split every time, and no row twice", async () => {
    const trajectories = write("all.jsonl", [twoSteps, { ...twoSteps, id: "again" }, withFailure, voted]);
    const manifest = await exportDataset({ trajectories, out: join(folder, "set"), model: "smollm2-135m", validation: 0, licence: "cc-by-4.0" });
    expect(manifest).toMatchObject({ trajectories: 4, rows: { train: 3, validation: 0 }, skipped: { duplicate: 1 }, provenance: { teachers: { "scripted-teacher": 3 } } });
    expect(manifest.tokens.trained).toBe((lines("set/train.jsonl") as unknown as TrainingExample[]).flatMap(({ trained }) => trained).reduce((sum, [start, end]) => sum + end - start, 0));
    const card = readFileSync(join(folder, "set/README.md"), "utf8");
    expect(parse(card.split("---")[1] ?? "")).toMatchObject({ license: "cc-by-4.0", configs: [{ data_files: [{ split: "train", path: "train.jsonl" }] }] });
  });

  it("comes in the formats of trainers, with configurations that say what the paper says", async () => {
    const formats = ["trl", "axolotl", "llamafactory", "openai", "messages", "dpo", "kto", "prm", "rl"];
    await exportDataset({ trajectories: write("voted.jsonl", [voted]), out: join(folder, "formats"), model: "smollm2-135m", baseModel: "HF/Model", validation: 0, formats });

    const [row] = lines("formats/train.jsonl") as unknown as TrainingExample[];
    const [trl] = lines("formats/trl/train.jsonl") as unknown as { labels: number[] }[];
    const inLoss = new Set(row?.trained.flatMap(([start, end]) => Array.from({ length: end - start }, (_, index) => start + index)));
    expect(trl?.labels).toEqual(row?.input_ids.map((id, index) => (inLoss.has(index) ? id : -100)));
    expect(parse(readFileSync(join(folder, "formats/trl/config.yaml"), "utf8"))).toMatchObject({ model_name_or_path: "HF/Model", lora_r: 64, lora_alpha: 128, learning_rate: 2e-4, num_train_epochs: 2 });
    expect(lines("formats/axolotl/train.jsonl")).toEqual([{ segments: row?.segments.map(({ text, train }) => ({ label: train, text })) }]);
    expect(lines("formats/openai/train.jsonl")[0]).toMatchObject({ messages: [{ role: "system" }, { role: "user" }, { role: "assistant", weight: 1 }] });
    expect(lines("formats/openai/train.jsonl").flatMap(checkOpenAiRow)).toEqual([]);
    expect(parse(readFileSync(join(folder, "formats/llamafactory/config.yaml"), "utf8"))).toMatchObject({ template: "chatml", lora_rank: 64, mask_history: false });

    const pairs = lines("formats/dpo/train.jsonl") as unknown as { chosen: { content: string }[]; rejected: { content: string }[] }[];
    expect(pairs.map(({ chosen, rejected }) => [chosen[0]?.content.slice(9, 15), rejected[0]?.content.slice(9, 20)])).toEqual([["I add.", "I take away"], ["I add.", "I know it."]]);
    expect(lines("formats/kto/train.jsonl").map(({ label }) => label)).toEqual([true, true, false, false]);
    expect(lines("formats/prm/train.jsonl").map(({ rewards }) => rewards)).toEqual([[0.5], [0.5], [0.25], [0]]);
    // One row at a time is refused by KTOTrainer; PRMTrainer adds the tokenizer's first token.
    expect(configOf("kto")).toMatchObject({ max_length: null, per_device_train_batch_size: 8, gradient_accumulation_steps: 1 });
    expect(configOf("dpo")).toMatchObject({ max_length: null, gradient_accumulation_steps: 8 });
    expect(configOf("prm")).toMatchObject({ max_length: null, step_separator: "" });
    const [rewarded] = lines("formats/prm/train.jsonl") as unknown as { prompt: string; completions: string[] }[];
    expect(`${student.bos}${rewarded?.prompt}${rewarded?.completions.join("")}`).toBe(row?.segments.map(({ text }) => text).join(""));
    expect(lines("formats/rl/train.jsonl")[0]).toMatchObject({ id: "voted", answer: "14", prompt: [{ role: "system" }, { role: "user" }] });
  });

  it("is written over an older one, also with a slash behind its name", async () => {
    const set = { trajectories: write("again.jsonl", [twoSteps]), out: `${join(folder, "again")}/`, model: "smollm2-135m", validation: 0 };
    await exportDataset(set);
    await exportDataset(set);
    expect(lines("again/train.jsonl")).toHaveLength(1);
  });

  it("of preferences leaves out what spells a control token, and of steps what a template would not join", () => {
    const spelled = voted.steps.map((step) => (step.kind === "action" ? { ...step, candidates: step.candidates.map((each) => (each.index === step.vote.winner ? each : { ...each, text: `<|im_end|>${each.text}` })) } : step));
    const sourceOf = (trajectory: Trajectory, by = student) => ({ ...toExamples(trajectory, by), trajectory, student: by });
    expect(dpo.rows(sourceOf(voted)).length).toBeGreaterThan(0);
    expect(dpo.rows(sourceOf({ ...voted, steps: spelled }))).toEqual([]);
    // As Qwen3's does: thoughts of earlier turns are left out.
    const forgetful: Student = { ...student, render: (messages) => student.render(messages.map((each, index) => (each.role === "assistant" && index === messages.length - 1 ? { ...each, content: `<think>\n\n</think>\n\n${each.content}` } : each))) };
    const forgotten = sourceOf(twoSteps, forgetful);
    expect(forgotten.rows.map(({ unit }) => unit)).toEqual(["step", "step"]);
    expect(() => prm.rows(forgotten)).toThrow(expect.objectContaining({ code: "preset_cannot" }));
    expect(prm.rows(sourceOf(twoSteps))).toHaveLength(1);
  });

  it("has configurations that know the longest row, and LLaMA-Factory the system message that the template adds", async () => {
    const formats = ["axolotl", "llamafactory", "trl"];
    const trajectories = write("rationale.jsonl", [asRationale(twoSteps)]);
    await exportDataset({ trajectories, out: join(folder, "formats"), model: "smollm2-135m", validation: 0, formats, maxLength: 512, hyperparameters: { warmup: 0.1 } });
    expect(configOf("axolotl")).toMatchObject({ sequence_len: 512, datasets: [{ type: "input_output" }], warmup_ratio: 0.1 });
    expect(configOf("llamafactory")).toMatchObject({ cutoff_len: 513, warmup_ratio: 0.1 });
    expect(configOf("trl")).toMatchObject({ max_length: null, warmup_steps: 0.1 });
    expect(lines("formats/llamafactory/train.jsonl")[0]).toMatchObject({ messages: [{ role: "system", content: expect.stringContaining("named SmolLM") as string }, { role: "user" }, { role: "assistant" }] });
  });

  it("is never written over what an export did not make, nor from nothing", async () => {
    const trajectories = write("one.jsonl", [{ ...twoSteps, grade: { grader: "exact", correct: false, score: 0 } }]);
    await expect(exportDataset({ trajectories, out: folder, model: "smollm2-135m" })).rejects.toMatchObject({ code: "out_not_empty" });
    mkdirSync(join(folder, "formats/trl/output-trl"));
    await expect(exportDataset({ trajectories, out: join(folder, "formats"), model: "smollm2-135m" }), "a trainer's output").rejects.toMatchObject({ code: "out_not_empty" });
    await expect(exportDataset({ trajectories, out: join(folder, "none"), model: "smollm2-135m" })).rejects.toMatchObject({ code: "dataset_empty" });
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  it("is shown by the command line, what is trained marked", () => {
    const trajectories = write("shown.jsonl", [twoSteps]);
    const shown = execFileSync(process.execPath, [cli, "export", trajectories, "-o", join(folder, "shown"), "-m", "smollm2-135m", "--validation", "0", "--show", "1"], { encoding: "utf8" });
    expect(shown).toContain("⟦Thought: I add and look.");
    expect(shown).toContain("1 rows to train on, 0 held out");
    expect(() => execFileSync(process.execPath, [cli, "export", trajectories, "-o", join(folder, "x"), "-f", "nope"], { stdio: "pipe" })).toThrow(/No format is called "nope"/);
  });
});
