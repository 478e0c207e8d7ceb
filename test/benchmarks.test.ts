import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { benchmarks, findBenchmark, knownFiles, loadQuestions, setOf } from "../src/eval/index.ts";
import { graderFor } from "../src/grading/index.ts";

const folder = mkdtempSync(join(tmpdir(), "apprentice-benchmarks-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const file = (content: string): string => {
  files += 1;
  const path = join(folder, `${files}.json`);
  writeFileSync(path, content);
  return path;
};
const lines = (...rows: object[]) => rows.map((row) => JSON.stringify(row)).join("\n");

describe("public files", () => {
  it("of HotpotQA and 2WikiMultiHopQA: an array with _id", async () => {
    const row = { _id: "5a", question: "Who built it?", answer: "Ada", type: "bridge", level: "hard", context: [["Ada", ["She built it."]]], supporting_facts: [["Ada", 0]] };
    for (const benchmark of ["hotpotqa", "2wikimultihopqa"]) {
      const { questions } = await loadQuestions(file(JSON.stringify([row])), { benchmark });
      expect(questions).toEqual([{ id: "5a", text: "Who built it?", answer: "Ada", metadata: { type: "bridge", level: "hard", dataset: benchmark } }]);
    }
  });

  it("of MuSiQue: lines with aliases", async () => {
    const row = { id: "3hop1__1_2_3", question: "Where?", answer: "New York City", answer_aliases: ["NYC", "New York"], answerable: true, paragraphs: [{ idx: 0, title: "t", paragraph_text: "p" }] };
    const { questions, benchmark } = await loadQuestions(file(lines(row, { ...row, id: "3hop1__4_5_6" })), { benchmark: "MuSiQue" });
    expect(benchmark).toBe("musique");
    expect(questions[0]).toEqual({ id: "3hop1__1_2_3", text: "Where?", answer: "New York City", metadata: { dataset: "musique", answers: ["New York City", "NYC", "New York"] } });
  });

  it("of Bamboogle: golden_answers, or columns in capitals", async () => {
    expect((await loadQuestions(file(lines({ id: "test_0", question: "Who?", golden_answers: ["Bo", "B. O."] })), { benchmark: "bamboogle" })).questions[0]).toMatchObject({ answer: "Bo", metadata: { answers: ["Bo", "B. O."] } });
    expect((await loadQuestions(file(JSON.stringify([{ Question: "Who?", Answer: "Bo" }])), { benchmark: "bamboogle" })).questions[0]).toMatchObject({ text: "Who?", answer: "Bo" });
  });

  it("of MATH-500 and OlymMATH: lines with problem, solution and unique_id", async () => {
    const row = { problem: "What is $1+1$?", solution: "It is $2$.", answer: "2", subject: "Algebra", level: 2, unique_id: "test/algebra/1.json" };
    const { questions } = await loadQuestions(file(lines(row)), { benchmark: "math_500" });
    expect(questions[0]).toEqual({ id: "test/algebra/1.json", text: "What is $1+1$?", answer: "2", solution: "It is $2$.", metadata: { level: 2, subject: "Algebra", dataset: "math_500" } });
  });

  it("of GSM-Hard: input and target, floats as they are", async () => {
    const { questions } = await loadQuestions(file(lines({ input: "a?", code: "def solution(): …", target: 13438932.0 }, { input: "b?", target: 7.5 }, { input: "c?", target: 1.25e17 }, { input: "d?", target: -4 })), { benchmark: "gsm_hard" });
    expect(questions.map(({ answer }) => answer)).toEqual(["13438932", "7.5", "1.25e+17", "-4"]);
    const [, , large] = questions;
    expect(large && (await graderFor(large).grade("125000000000000001", large)).correct).toBe(true);
    expect(large && (await graderFor(large).grade("125100000000000001", large)).correct).toBe(false);
  });

  it("of AIME: problem or Problem, with url", async () => {
    expect((await loadQuestions(file(lines({ id: 3, problem: "p", solution: "s", answer: "73", url: "u" })), { benchmark: "aime" })).questions[0]).toEqual({ id: "3", text: "p", answer: "73", solution: "s", metadata: { url: "u", dataset: "aime" } });
    expect((await loadQuestions(file(lines({ ID: "2024-I-1", Problem: "p", Solution: "s", Answer: 73 })), { benchmark: "aime" })).questions[0]).toMatchObject({ id: "2024-I-1", text: "p", answer: "73" });
  });
});

describe("files of the reference implementation", () => {
  const examples = [{ id: 0, question: "What?", answer: "1", level: "Level 3", type: "Algebra", dataset_name: "MATH", split: "test" }, { id: 1, question: "And?", answer: null, level: "Level 3", type: "Algebra", dataset_name: "MATH", split: "test" }];

  it("name their benchmark in their rows; an answer that is null is none", async () => {
    const set = await loadQuestions(file(JSON.stringify({ metadata: { dataset_info: { name: "MATH" } }, examples }, undefined, 2)));
    expect(set.benchmark).toBe("math_500");
    expect(set.questions[0]).toEqual({ id: "0", text: "What?", answer: "1", metadata: { level: "Level 3", type: "Algebra", split: "test", dataset_name: "MATH", dataset: "math_500" } });
    expect(set.questions[1]).not.toHaveProperty("answer");
    expect(set.known).toBeUndefined();
  });

  it("may be one line", async () => {
    expect((await loadQuestions(file(JSON.stringify({ metadata: {}, examples })))).questions).toHaveLength(2);
  });

  it("that hold training questions are no benchmark", async () => {
    const set = await loadQuestions(file(JSON.stringify({ metadata: {}, examples: examples.map((row) => ({ ...row, split: "train" })) })));
    expect(set.benchmark).toBeUndefined();
    expect(set.questions[0]?.metadata).not.toHaveProperty("dataset");
    expect(graderFor(set.questions[0] ?? { text: "" }).id).toBe("math@1");
    expect(setOf(set.questions[0] ?? { text: "" }), "not MATH-500, whose name they have").toBe("math_500_train");
  });
});

describe("sets of one's own", () => {
  it("are lines of questions, with what metadata they like", async () => {
    const set = await loadQuestions(file(`\uFEFF${lines({ id: "q1", text: "Why?", answer: "Because", metadata: { topic: "cause", dataset: "mine" } })}\n\n`));
    expect(set).toEqual({ questions: [{ id: "q1", text: "Why?", answer: "Because", metadata: { topic: "cause", dataset: "mine" } }], problems: [], sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it.each([
    ["a line that is no JSON", '{"text":"a"}\n{"text":', "questions_invalid", /:2 is not JSON/],
    ["a row without a question", '{"text":"a"}\n{"answer":"b"}', "questions_invalid", /:2 is no question: it has no question/],
    ["a question that is no text", '[{"question": 5}]', "questions_invalid", /:1 is no question: question/],
    ["an answer that is an object", '{"text":"a","answer":{"b":1}}', "questions_invalid", /answer/],
    ["an empty file", "", "questions_invalid", /./],
    ["an empty array", "[]", "questions_invalid", /no questions/],
    ["a number", "5", "questions_invalid", /no list of questions/],
    ["an object of something else", '{\n"rows": []\n}', "questions_invalid", /:1 is no question/],
  ])("say what is wrong with %s", async (_name, content, code, message) => {
    await expect(loadQuestions(file(content))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("must exist, and be of a benchmark there is", async () => {
    await expect(loadQuestions(join(folder, "none.jsonl"))).rejects.toMatchObject({ code: "file_unreadable" });
    await expect(loadQuestions(file('{"text":"a"}'), { benchmark: "mmlu" })).rejects.toMatchObject({ code: "benchmark_unknown", message: expect.stringContaining("hotpotqa") });
  });
});

describe("the list of benchmarks", () => {
  it("has the paper's eight, half of each kind, with a licence and a source", () => {
    expect(benchmarks.map(({ name }) => name)).toEqual(["HotpotQA", "MATH-500", "MuSiQue", "Bamboogle", "2WikiMultiHopQA", "GSM-Hard", "AIME", "OlymMATH"]);
    expect(benchmarks.filter(({ domain }) => domain === "factual")).toHaveLength(4);
    for (const { licence, source } of benchmarks) expect([licence, source]).toEqual([expect.stringMatching(/./), expect.stringMatching(/^(?:hf|github):[\w-]+\/[\w-]+$/)]);
  });

  it.each([["hotpotqa/hotpot_qa", "hotpotqa"], ["GSM-hard", "gsm_hard"], ["chiayewken/bamboogle", "bamboogle"], ["MATH", "math_500"], ["2Wiki", "2wikimultihopqa"], ["OlymMATH", "olymmath"]])("knows %s as %s", (name, id) => {
    expect(findBenchmark(name)?.id).toBe(id);
  });

  it("knows files by distinct checksums", () => {
    expect(new Set(knownFiles.map(({ sha256 }) => sha256)).size).toBe(knownFiles.length);
    for (const { sha256 } of knownFiles) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
