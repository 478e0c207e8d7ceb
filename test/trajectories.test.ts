import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import {
  duplicateQuestion,
  exportAtif,
  exportReference,
  firstRejection,
  forcedAnswer,
  importAtif,
  importReference,
  literalAnswer,
  openJournal,
  overlaps,
  paperFilters,
  parseTrajectory,
  statsOf,
  tooLong,
  trajectoryJsonSchema,
} from "../src/trajectory/index.ts";
import { all } from "./support/collecting.ts";
import { agentTrajectory } from "./support/trajectory.ts";

const folder = await mkdtemp(join(tmpdir(), "apprentice-trajectories-"));
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = async (name: string, content: string) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const computed = { code: "final_answer(6 * 7)" };
const asked = (text: string) => ({ question: { id: "q", text } });

describe("filters", () => {
  const reasonOf = (...args: Parameters<typeof agentTrajectory>) => firstRejection(paperFilters, agentTrajectory(...args))?.reason;

  it("keep what is right and readable, with code that failed on the way", () => {
    expect(reasonOf([computed], { correct: true })).toBeUndefined();
    expect(reasonOf([{ code: "1/0", error: true }, computed], { correct: true })).toBeUndefined();
  });

  it("refuse the rest, each with its reason", () => {
    expect(reasonOf([computed], { correct: false })).toBe("wrong");
    expect(reasonOf([computed])).toBe("not_graded");
    expect(reasonOf([{}, computed], { correct: true })).toBe("parse_error");
    expect(reasonOf([], { correct: true, outcome: { type: "error", code: "x", message: "down" } })).toBe("unfinished");
    expect(firstRejection([tooLong(9)], agentTrajectory([computed, computed]))).toEqual({ reason: "too_long", detail: "10 tokens" });
    expect(forcedAnswer(agentTrajectory([], { outcome: { type: "answered", answer: "42", by: "forced" } }))?.reason).toBe("forced_answer");
    const duplicate = duplicateQuestion();
    expect([asked("What is it?"), asked("what  IS it?"), asked("Who?")].map((each) => duplicate(agentTrajectory([computed], each))?.reason)).toEqual([undefined, "duplicate_question", undefined]);
  });

  it.each([
    ["a number", ["final_answer(42)"], "42"],
    ["a text", ["final_answer('Ed Wood (film)')"], "'Ed Wood (film)'"],
    ["a named constant", ["x = 42  # by hand\nfinal_answer(x)"], "x"],
    ["by keyword", ["final_answer(answer=-4.2e1)"], "-4.2e1"],
    ["in a later step, after code that showed something else", ["print(6)", "final_answer(42)"], "42"],
    ["a longer number was shown", ["print(142)", "final_answer(42)"], "42"],
  ])("know a literal answer that no code computed: %s", (_, codes, found) => {
    expect(literalAnswer(agentTrajectory(codes.map((code) => ({ code, stdout: /\d+/.exec(code)?.[0] ?? "" })), { answer: found.replaceAll("'", "") === "Ed Wood (film)" ? "Ed Wood (film)" : "42" }))).toBe(found);
  });

  it.each([
    ["a variable that was computed", [{ code: "x = 6 * 7\nfinal_answer(x)" }]],
    ["a constant that grows", [{ code: "x = 0\nfor i in range(42):\n    x += 1\nfinal_answer(x)" }]],
    ["an expression", [{ code: "final_answer(6 * 7)" }]],
    ["a literal that code had printed", [{ code: "print(6 * 7)", stdout: "42\n" }, { code: "final_answer(42)" }]],
    ["a text with a value in it", [{ code: "final_answer(f'{x}')" }]],
    ["a call", [{ code: "final_answer(solve(')'))" }]],
  ])("let pass %s", (_, steps) => expect(literalAnswer(agentTrajectory(steps))).toBeUndefined());

  it("know questions that share words with a test set", () => {
    const long = "A train leaves the station at noon and travels 60 miles each hour until it has passed the seventh bridge.";
    const filter = overlaps([{ name: "math_500", questions: [long, "Short one?"] }]);
    const reject = (text: string) => filter(agentTrajectory([computed], asked(text)));
    expect(reject(`Consider this. ${long.toUpperCase().replaceAll(",", "")} How far is it?`)).toEqual({ reason: "test_set_overlap", detail: "math_500" });
    expect(reject("short ONE")).toBeDefined();
    expect(reject("A train leaves the station at noon. How far does it go in an hour, if it is fast?")).toBeUndefined();
    expect(reject("Short one, but longer?")).toBeUndefined();
  });
});

describe("statistics", () => {
  it("count questions, right ones, errors and tokens", async () => {
    async function* some() {
      yield agentTrajectory([{ code: "1/0", error: true }, {}, computed], { correct: false });
      yield agentTrajectory([computed], { correct: true, attempt: 1 });
      yield agentTrajectory([computed], { ...asked("Other?"), correct: false });
    }
    expect(await statsOf(some())).toMatchObject({ trajectories: 3, questions: 2, questionsRight: 1, graded: 3, right: 1, cutOff: 0, errors: { parse: 1, execution: 1 }, steps: 5, inputTokens: 30, outputTokens: 15, by: { "agent scripted": 3 } });
  });
});

describe("the published JSON Schema", () => {
  it("is the one that the package's reader follows", async () => {
    expect(JSON.parse(await readFile(resolve(import.meta.dirname, "../docs/trajectory.schema.json"), "utf8"))).toEqual(trajectoryJsonSchema());
  });
});

describe("records of an older release", () => {
  it("are read as they are", async () => {
    // Written by 0.1.0 before first thoughts, grades and responses were part of the record.
    const { grade: _grade, ...old } = agentTrajectory([computed]);
    expect(parseTrajectory(JSON.stringify(old))).toEqual(old);
  });
});

describe("the logs of the paper's published code", () => {
  const part = (role: string, text: string) => ({ role, content: [{ type: "text", text }] });
  const log = {
    model_id: "Qwen/Qwen2.5-32B-Instruct",
    question: "What is 6 times 7?",
    generated_answer: 42,
    true_answer: "42",
    score: true,
    log_data: {
      messages: [
        part("MessageRole.SYSTEM", "You act."),
        part("user", "New task:\nWhat is 6 times 7?"),
        part("assistant", "Thought: I multiply.\n\nCode:\n```py\nx = 6 * 7\nprint(x)\n```<end_code>"),
        part("tool-call", "Calling tools:\n[...]"),
        part("tool-response", "Call id: call_2\nObservation:\nExecution logs:\n42\nLast output from code snippet:\nNone"),
        part("assistant", "I say 42."),
        part("tool-response", "Error:\nError in code parsing:\nno code\nNow let's retry: take care"),
        part("assistant", "Thought: Done.\nCode:\n```py\nfinal_answer(x)\n```<end_code>"),
        part("tool-call", "Calling tools:\n[...]"),
        part("tool-response", "Call id: call_3\nObservation:\nExecution logs:\nLast output from code snippet:\n42"),
      ],
      metadata: { model: { model_id: "Qwen/Qwen2.5-32B-Instruct" } },
    },
    cost: 0,
  };
  const cot = { id: 3, question: "What is 1 + 1?", answer: "2", response: "It is 2.", generated_answer: "2", messages: [{ role: "system", content: "s" }, { role: "user", content: "q" }], score: 1 };
  const failed = { model_id: "m", question: "Q?", error: "timeout", log_data: null, cost: 0, score: true };

  it("become trajectories, with what they tell", async () => {
    const [agent, chain, error] = await all(importReference(await file("log.jsonl", [log, cot, failed].map((each) => `${JSON.stringify(each)}\n`).join(""))));
    expect(agent).toMatchObject({
      question: { text: "What is 6 times 7?", answer: "42" },
      messages: [{ role: "system", content: "You act." }, { role: "user" }],
      outcome: { type: "answered", answer: "42", by: "final_answer" },
      grade: { grader: "reference", correct: true },
      origin: { format: "reference", file: "log.jsonl" },
      steps: [
        { candidates: [{ action: { ok: true, thought: "I multiply.", code: "x = 6 * 7\nprint(x)" }, attempt: { stdout: "42\n" } }], observation: "Observation:\nExecution logs:\n42\nLast output from code snippet:\nNone" },
        { candidates: [{ action: { ok: false } }] },
        { candidates: [{ action: { ok: true, code: "final_answer(x)" }, attempt: { finalAnswer: { text: "42" } } }] },
      ],
    });
    expect(firstRejection(paperFilters, agent!)?.reason).toBe("parse_error");
    expect(chain).toMatchObject({ solver: { id: "cot" }, question: { id: "3" }, steps: [{ kind: "response", responses: [{ text: "It is 2.", answer: "2" }] }], outcome: { by: "response" } });
    expect(error, "a run that failed is not right, whatever its score says").toMatchObject({ outcome: { type: "error", message: "timeout" } });
    expect(error?.grade).toBeUndefined();
    for (const each of [agent, chain, error]) expect(parseTrajectory(JSON.stringify(each))).toEqual(each);
  });

  it("are written from trajectories, and read back the same where they can say it", async () => {
    const original = agentTrajectory([{ code: "print(6 * 7)", stdout: "42\n" }, { code: "final_answer(42)" }], { correct: true });
    const [back] = await all(importReference(await file("back.jsonl", `${JSON.stringify(exportReference(original))}\n`)));
    expect(back).toMatchObject({ question: { text: original.question.text, answer: "42" }, messages: original.messages, outcome: original.outcome, grade: { correct: true } });
    expect(back?.steps.map((step) => step.kind === "action" && step.candidates[0]?.action)).toEqual(original.steps.map((step) => step.kind === "action" && step.candidates[0]?.action));
  });

  it("are refused with file and line when they are something else", async () => {
    await expect(all(importReference(await file("other.jsonl", '{"a": 1}\n')))).rejects.toMatchObject({ code: "import_invalid", message: expect.stringContaining("other.jsonl:1") });
  });
});

describe("ATIF", () => {
  it("is written with steps, calls, observations and metrics, and read back", async () => {
    const original = agentTrajectory([{ code: "print(6 * 7)", stdout: "42\n" }, { code: "final_answer(42)" }], { correct: true });
    const document = exportAtif(original);
    expect(document).toMatchObject({
      schema_version: "ATIF-v1.4",
      session_id: original.id,
      agent: { name: "agent", version: "0", model_name: "scripted" },
      steps: [
        { step_id: 1, source: "user" },
        { step_id: 2, source: "agent", tool_calls: [{ tool_call_id: "call_1", function_name: "python_interpreter", arguments: { code: "print(6 * 7)" } }], observation: { results: [{ source_call_id: "call_1" }] }, metrics: { prompt_tokens: 10, completion_tokens: 5 } },
        { step_id: 3, source: "agent" },
      ],
      final_metrics: { total_prompt_tokens: 10, total_completion_tokens: 5, total_steps: 3 },
    });
    const [back] = await all(importAtif(await file("one.json", JSON.stringify(document))));
    expect(back).toMatchObject({ question: { text: original.question.text }, model: "scripted", origin: { format: "atif" }, usage: { inputTokens: 20, outputTokens: 10 } });
    expect(parseTrajectory(JSON.stringify(back))).toEqual(back);
  });

  it("of other agents is read: tool calls that are no Python, several in a step, an answer in words", async () => {
    const document = {
      schema_version: "ATIF-v1.4",
      session_id: "s",
      agent: { name: "harbor", version: "1", model_name: "m" },
      steps: [
        { step_id: 1, source: "user", message: "Price?", timestamp: "2025-10-11T10:30:00Z" },
        { step_id: 2, source: "agent", message: "I look.", reasoning_content: "Two things.", tool_calls: [{ tool_call_id: "a", function_name: "price", arguments: { ticker: "X" } }], observation: { results: [{ source_call_id: "a", content: "185" }] } },
        { step_id: 3, source: "agent", message: "It is 185." },
      ],
    };
    const [one] = await all(importAtif(await file("many.jsonl", `${JSON.stringify(document)}\n`)));
    expect(one).toMatchObject({
      startedAt: "2025-10-11T10:30:00.000Z",
      outcome: { type: "answered", answer: "It is 185.", by: "response" },
      steps: [{ candidates: [{ attempt: { toolCalls: [{ name: "price", args: { ticker: "X" }, result: { ok: true, value: "185" } }] } }], observation: "185" }, {}],
    });
    expect(parseTrajectory(JSON.stringify(one))).toEqual(one);
    await expect(all(importAtif(await file("new.json", JSON.stringify({ ...document, schema_version: "ATIF-v9" }))))).rejects.toMatchObject({ code: "import_invalid" });
  });
});

describe("apprentice trajectories", () => {
  const run = async (...args: string[]) => {
    const child = promisify(execFile)(process.execPath, [resolve(import.meta.dirname, "../dist/cli.js"), "trajectories", ...args]);
    return child.then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
  };
  const journal = join(folder, "cli", "trajectories.jsonl");

  it("lists, shows, counts, checks, filters, judges again, joins", async () => {
    const opened = await openJournal(journal);
    await opened.append(agentTrajectory([computed], { id: "aaaa", correct: true }));
    await opened.append(agentTrajectory([{ code: "final_answer(42)" }], { id: "bbbb", correct: true, ...asked("Other?"), attempt: 1 }));
    await opened.close();

    expect((await run("ls", journal)).stdout).toMatch(/^aaaa {2}right {2}q\/0 .*42 .*What is 6 times 7\?\nbbbb/);
    expect(JSON.parse((await run("show", journal, "bb", "--json")).stdout)).toMatchObject({ id: "bbbb" });
    expect((await run("show", journal, "aaaa")).stdout).toContain("final_answer(6 * 7)");
    expect(JSON.parse((await run("stats", join(folder, "cli"), "--json")).stdout)).toMatchObject({ trajectories: 2, right: 2 });
    expect(await run("validate", journal)).toMatchObject({ status: 0, stdout: "2 good, 0 bad\n" });

    const rejected = join(folder, "rejected.jsonl");
    const filtered = await run("filter", journal, "--out", join(folder, "kept.jsonl"), "--rejected", rejected, "--json");
    expect(JSON.parse(filtered.stdout)).toMatchObject({ kept: 1, rejected: { literal_answer: 1 } });
    expect(JSON.parse(await readFile(rejected, "utf8"))).toMatchObject({ id: "bbbb", reason: "literal_answer", detail: "42" });

    expect(JSON.parse((await run("regrade", journal, "--grader", "math", "--out", join(folder, "regraded.jsonl"), "--json")).stdout)).toMatchObject({ trajectories: 2, becameRight: 0, becameWrong: 1 });
    expect(await run("merge", journal, join(folder, "kept.jsonl"), "--out", join(folder, "merged.jsonl.gz"))).toMatchObject({ status: 0, stdout: expect.stringContaining("2 trajectories") });
    expect(await run("export-atif", journal, "--out", join(folder, "atif.jsonl"))).toMatchObject({ status: 0 });
    expect((await run("import-atif", join(folder, "atif.jsonl"), "--out", join(folder, "back.jsonl"), "--json")).stdout).toContain('"trajectories":2');
  });

  it("says in one line what is wrong", async () => {
    await writeFile(join(folder, "mixed.jsonl"), `${JSON.stringify(agentTrajectory([computed]))}\nnonsense\n`);
    expect(await run("validate", join(folder, "mixed.jsonl"))).toMatchObject({ status: 1, stdout: "1 good, 1 bad\n", stderr: expect.stringContaining("mixed.jsonl:2") });
    expect(await run("ls", join(folder, "nowhere"))).toMatchObject({ status: 2, stderr: expect.stringMatching(/^apprentice: There is no .*\n$/) });
    expect(await run("show", journal, "zzz")).toMatchObject({ status: 2, stderr: expect.stringContaining("There is no trajectory zzz") });
    expect(await run("regrade", journal, "--grader", "fair", "--out", join(folder, "x.jsonl"))).toMatchObject({ status: 2, stderr: expect.stringContaining('no grader "fair"') });
  });
});
