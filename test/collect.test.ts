import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { aimd, answerable, collect, type CollectOptions, inShard, paced, parseShard, type QuestionRange, readQuestions, regrade } from "../src/collect/index.ts";
import { collectWith } from "../src/collect/setup/collect-with.ts";
import { ApprenticeError, type ChatModel, type Question } from "../src/index.ts";
import { chainOfThought } from "../src/solvers/index.ts";
import { readTrajectories } from "../src/trajectory/index.ts";
import { all, exactGrader, killAndResume, numbered } from "./support/collecting.ts";

const root = await mkdtemp(join(tmpdir(), "apprentice-collect-"));
afterAll(() => rm(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => join(root, String((folders += 1)));

/** Answers `What is i + 1?` by a function of i and the seed; counts its calls and how many are under way at once. */
function adder(answer: (index: number, seed: number) => string | Error, ms = 0) {
  const calls: string[] = [];
  let running = 0;
  let most = 0;
  const model: ChatModel = {
    id: "adder",
    can: { prefill: "native", samples: false, logprobs: false, seed: true },
    async *generate({ messages, seed = 0, signal }) {
      const index = Number(/is (\d+) /.exec(messages.at(-1)?.content ?? "")?.[1]);
      calls.push(`${index}/${seed}`);
      most = Math.max(most, (running += 1));
      try {
        await sleep(ms, undefined, signal ? { signal } : {});
        const said = answer(index, seed);
        if (said instanceof Error) throw said;
        yield { type: "delta", index: 0, text: `<answer> ${said} </answer>` };
        yield { type: "done", index: 0, finish: "end", usage: { inputTokens: 90, outputTokens: 10, cost: 0.01 } };
      } finally {
        running -= 1;
      }
    },
  };
  return { model, calls, most: () => most, solver: chainOfThought({ model }) };
}

const right = (index: number) => String(index + 1);

async function collected(options: Partial<CollectOptions> & Pick<CollectOptions, "solver">) {
  const out = options.out ?? folder();
  const result = await collect({ questions: numbered(10), out, grader: exactGrader, ...options });
  return { out, result, records: await all(readTrajectories(result.journal)) };
}

describe("collecting", () => {
  it("records and grades one run a question", async () => {
    const { solver, calls } = adder((index) => (index < 6 ? right(index) : "0"));
    const { result, records } = await collected({ solver });
    expect(result).toMatchObject({ end: "done", questions: 10, finished: 10, right: 6, runs: 10, errors: 0, spent: { tokens: 1000 } });
    expect(result.spent.dollars).toBeCloseTo(0.1);
    expect(records).toHaveLength(10);
    expect(calls).toHaveLength(10);
    expect(records[0]).toMatchObject({ grade: { grader: "exact", correct: true }, question: { answer: "1" } });
  });

  it("tries again until right, each try with the next seed and a solver of its own", async () => {
    const { solver, calls } = adder((index, seed) => (seed === index % 3 ? right(index) : "0"));
    const attempts: number[] = [];
    const { result } = await collected({ solver: (attempt) => (attempts.push(attempt), solver), attempts: 2, questions: numbered(6) });
    expect(calls.toSorted()).toEqual(["0/0", "1/0", "1/1", "2/0", "2/1", "3/0", "4/0", "4/1", "5/0", "5/1"]);
    expect(attempts.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect(result).toMatchObject({ right: 4, finished: 6, runs: 10 });
  });

  it("makes all tries when asked to, and more of them when asked again", async () => {
    const { solver, calls } = adder(right);
    const { out } = await collected({ solver, attempts: 2, until: "all", questions: numbered(3) });
    expect(calls).toHaveLength(6);
    const again = await collected({ solver, out, attempts: 3, until: "all", questions: numbered(3) });
    expect(again.result.runs).toBe(3);
    expect(new Set(again.records.map(({ id }) => id)).size).toBe(9);
  });

  it("keeps no more in flight than it may", async () => {
    const adding = adder(right, 5);
    await collected({ solver: adding.solver, inFlight: 3 });
    expect(adding.most()).toBe(3);
  });

  it("repeats only what failed, and its record takes the failed one's place", async () => {
    let broken = true;
    const { solver, calls } = adder((index) => (broken && index % 2 === 0 ? new ApprenticeError("server_failed", "down") : right(index)));
    const first = await collected({ solver });
    expect(first.result).toMatchObject({ end: "done", finished: 5, errors: 5 });
    broken = false;
    calls.length = 0;
    const second = await collected({ solver, out: first.out });
    expect(calls.toSorted()).toEqual(["0/0", "2/0", "4/0", "6/0", "8/0"]);
    expect(second.result).toMatchObject({ finished: 10, right: 10, errors: 0 });
    expect(second.records).toHaveLength(10);
    expect(second.records.every(({ outcome }) => outcome.type === "answered")).toBe(true);
  });

  it("stops when run after run fails, and says why", async () => {
    const { solver, calls } = adder(() => new ApprenticeError("server_unreachable", "no server"));
    const { result } = await collected({ solver, questions: numbered(500), inFlight: 4 });
    expect(result).toMatchObject({ end: "failing", error: { code: "server_unreachable", message: "no server" } });
    expect(calls.length).toBeLessThan(30);
  });

  it("asks all that can be answered, however many questions never can", async () => {
    const { solver, calls } = adder((index) => (index % 3 === 0 ? new ApprenticeError("content_filtered", "no") : right(index)));
    const stop = new AbortController();
    const { out } = await collected({ solver, questions: numbered(90), inFlight: 1, signal: stop.signal, onProgress: ({ runs }) => runs === 40 && stop.abort(new Error("interrupted")) });
    calls.length = 0;
    const { result } = await collected({ solver, questions: numbered(90), inFlight: 1, out });
    expect(result).toMatchObject({ end: "done", finished: 60, errors: 30 });
    expect(calls.slice(-5).every((call) => Number(call.split("/")[0]) % 3 === 0), "what failed before comes last").toBe(true);
  });

  it("stops at a budget of tokens, money or time, what is under way finished", async () => {
    const { solver } = adder(right, 1);
    expect((await collected({ solver, budget: { tokens: 300 }, inFlight: 1 })).result).toMatchObject({ end: "budget", runs: 3, finished: 3 });
    expect((await collected({ solver, budget: { dollars: 0.05 }, inFlight: 1 })).result).toMatchObject({ end: "budget", runs: 5 });
    expect((await collected({ solver, budget: { ms: 0 } })).result).toMatchObject({ end: "budget", runs: 0 });
  });

  it("counts what earlier calls spent", async () => {
    const { solver } = adder(right);
    const { out } = await collected({ solver, budget: { tokens: 300 }, inFlight: 1 });
    expect((await collected({ solver, out, budget: { tokens: 500 }, inFlight: 1 })).result).toMatchObject({ end: "budget", runs: 2, finished: 5 });
  });

  it("counts what was written for runs that failed", async () => {
    const { model } = adder(right);
    // The second of two samples fails, for every question.
    const failing: ChatModel = {
      ...model,
      async *generate(request) {
        yield* model.generate(request);
        throw new ApprenticeError("server_failed", "down");
      },
    };
    const { result, out } = await collected({ solver: chainOfThought({ model: failing }), budget: { tokens: 250 }, inFlight: 1 });
    expect(result).toMatchObject({ end: "budget", runs: 3, errors: 3, spent: { tokens: 300 } });
    expect((await collected({ solver: chainOfThought({ model }), out, budget: { tokens: 250 } })).result.runs).toBe(0);
  });

  it("stops at once when interrupted, and goes on later", async () => {
    const stop = new AbortController();
    const { solver, calls } = adder(right, 20);
    const first = await collected({ solver, inFlight: 2, signal: stop.signal, onProgress: ({ finished }) => finished === 4 && stop.abort(new Error("interrupted")) });
    expect(first.result.end).toBe("interrupted");
    expect(first.result.finished).toBeLessThan(7);
    const before = first.result.finished;
    calls.length = 0;
    const second = await collected({ solver, out: first.out });
    expect(second.result).toMatchObject({ end: "done", finished: 10, right: 10 });
    expect(calls).toHaveLength(10 - before);
  });

  it("goes on only with the settings that it was begun with", async () => {
    const { solver } = adder(right);
    const { out } = await collected({ solver, settings: { model: "a", samples: 1 } });
    await expect(collected({ solver, out, settings: { model: "b", samples: 1 } })).rejects.toMatchObject({ code: "collect_changed", message: expect.stringContaining('model was "a" and is now "b"') });
    await collected({ solver, out, settings: { model: "a", samples: 1 } });
  });

  it("does not go on greedily from one sample a step, nor the other way", async () => {
    const out = folder();
    const setup = { questions: numbered(1), out, grader: exactGrader, openModel: () => Promise.resolve(adder(right).model), signal: new AbortController().signal };
    await collectWith({ ...setup, solver: { model: "adder", solver: "cot" } });
    await expect(collectWith({ ...setup, solver: { model: "adder", solver: "cot", samples: 1 } })).rejects.toMatchObject({ code: "collect_changed", message: expect.stringContaining("samples was not set") });
  });

  it("does not go on from a journal that something else wrote into", async () => {
    const { solver } = adder(right);
    const { out } = await collected({ solver });
    await appendFile(join(out, "trajectories.jsonl"), "nonsense\n");
    await expect(collected({ solver, out })).rejects.toMatchObject({ code: "trajectory_invalid", message: expect.stringContaining("trajectories.jsonl:11") });
  });

  it("has one writer", async () => {
    const { solver } = adder(right, 30);
    const out = folder();
    const running = collected({ solver, out });
    await sleep(20);
    await expect(collected({ solver, out })).rejects.toMatchObject({ code: "journal_locked" });
    await running;
  });

  it("records the run when its grader fails, and grades it the next time, without another call", async () => {
    const { solver, calls } = adder(right);
    const failing = { id: "judge", grade: () => Promise.reject(new Error("judge is down")) };
    const out = folder();
    await expect(collected({ solver, out, grader: failing, inFlight: 1 })).rejects.toThrow("judge is down");
    const { result, records } = await collected({ solver, out });
    expect(result.right).toBe(10);
    expect(records).toHaveLength(10);
    expect(calls).toHaveLength(10);
    expect((await collected({ solver, out })).result.spent.tokens, "graded later, paid once").toBe(1000);
  });

  it("is interrupted while it grades: the run is on record, and graded the next time", async () => {
    const { solver, calls } = adder(right);
    const stop = new AbortController();
    const slow: CollectOptions["grader"] = {
      id: "judge",
      async grade(_answer, _question, { signal } = {}) {
        stop.abort(new Error("interrupted"));
        signal?.throwIfAborted();
        throw new Error("It was not told.");
      },
    };
    const { out, result, records } = await collected({ solver, grader: slow, inFlight: 1, signal: stop.signal });
    expect(result).toMatchObject({ end: "interrupted", runs: 1 });
    expect(records).toHaveLength(1);
    const again = new AbortController();
    again.abort(new Error("interrupted at once"));
    expect((await collected({ solver, out, grader: { id: "judge", grade: () => Promise.reject(again.signal.reason as Error) }, signal: again.signal })).result.end).toBe("interrupted");
    expect((await collected({ solver, out })).result).toMatchObject({ end: "done", right: 10 });
    expect(calls).toHaveLength(10);
  });

  it("does not grade questions without an answer", async () => {
    const { solver } = adder(right);
    const { result, records } = await collected({ solver, questions: [{ text: "What is 1 + 1?" }] });
    expect(result).toMatchObject({ finished: 1, right: 0 });
    expect(records[0]?.grade).toBeUndefined();
  });

  it("has each question in exactly one shard, in a journal of its own", async () => {
    const { solver } = adder(right);
    const out = folder();
    const shards = await Promise.all([0, 1, 2].map((index) => collected({ solver, out, questions: numbered(60), shard: { index, of: 3 } })));
    expect(shards.map(({ result }) => result.questions).every((size) => size > 10)).toBe(true);
    const together = await all(readTrajectories(out));
    expect(together.map(({ question }) => Number(question.id)).toSorted((a, b) => a - b)).toEqual(numbered(60).map((_, index) => index));
    expect(inShard({ text: "a" }, { index: 0, of: 1 })).toBe(true);
    expect(parseShard("3/16")).toEqual({ index: 3, of: 16 });
    for (const bad of ["16/16", "1", "a/b", "-1/2", "0/0"]) expect(() => parseShard(bad)).toThrowError(expect.objectContaining({ code: "option_invalid" }));
  });

  it("judges again with another grader", async () => {
    const { solver } = adder(right);
    const { result } = await collected({ solver });
    const never = { id: "never", grade: async () => ({ grader: "never", correct: false, score: 0 }) };
    const output = join(root, "regraded.jsonl");
    expect(await regrade(result.journal, output, never)).toEqual({ trajectories: 10, becameRight: 0, becameWrong: 10 });
    expect(await regrade(output, join(root, "back.jsonl"), exactGrader)).toEqual({ trajectories: 10, becameRight: 10, becameWrong: 0 });
  });
});

describe("killed at random moments", () => {
  it("has every question once, no torn line, and calls the model for no try that is on record", { timeout: 60_000 }, async () => {
    const report = await killAndResume(folder(), { questions: 300, kills: 5, callMs: 20 });
    expect(report).toMatchObject({ kills: 5, repeatedCalls: 0, tornLines: 0 });
    const rightTexts = report.records.filter(({ grade }) => grade?.correct).map(({ question }) => question.text);
    expect(new Set(rightTexts).size).toBe(300);
    expect(rightTexts).toHaveLength(300);
    expect(report.records).toHaveLength(400);
  });
});

describe("keeping to a server's pace", () => {
  const settle = () => sleep(0);

  it("lets more calls in while they go well, and halves them on 429", async () => {
    const pace = aimd({ start: 2, max: 8 });
    for (let round = 0; round < 100; round += 1) {
      const calls = Array.from({ length: pace.limit }, () => pace.enter());
      await Promise.all(calls);
      for (const _ of calls) pace.leave({ type: "ok", msPerToken: 10 });
    }
    expect(pace.limit).toBe(8);
    await pace.enter();
    pace.leave({ type: "overload" });
    expect(pace.limit).toBe(4);
  });

  it("halves them once for calls that were under way together", async () => {
    const pace = aimd({ start: 8 });
    await Promise.all(Array.from({ length: 8 }, () => pace.enter()));
    for (let index = 0; index < 8; index += 1) pace.leave({ type: "overload" });
    expect(pace.limit).toBe(4);
  });

  it("lets fewer in when tokens take three times as long as at best", async () => {
    const pace = aimd({ start: 4 });
    for (const msPerToken of [10, 10, ...Array.from({ length: 10 }, () => 60)]) {
      await pace.enter();
      pace.leave({ type: "ok", msPerToken });
    }
    expect(pace.limit).toBeLessThan(4);
  });

  it("goes by no call that is too short to tell", async () => {
    const pace = aimd({ start: 8 });
    const { model } = adder(right, 5);
    const quick = paced(model, pace);
    for (let index = 0; index < 20; index += 1) for await (const _ of quick.generate({ messages: [{ role: "user", content: `What is ${index} + 1?` }], signal: new AbortController().signal }));
    expect(pace.limit).toBe(8);
    for (const msPerToken of [10, 10, 40, 10, 10, 10]) {
      await pace.enter();
      pace.leave({ type: "ok", msPerToken });
    }
    expect(pace.limit).toBe(8);
  });

  it("makes calls wait, in order, and lets go of those that are stopped", async () => {
    const pace = aimd({ start: 1 });
    await pace.enter();
    const entered: string[] = [];
    const stop = new AbortController();
    const stopped = pace.enter(stop.signal).catch((error: Error) => error.message);
    void pace.enter().then(() => entered.push("second"));
    stop.abort(new Error("stopped"));
    expect(await stopped).toBe("stopped");
    await settle();
    expect(entered).toEqual([]);
    pace.leave({ type: "ok", msPerToken: 1 });
    await settle();
    expect(entered).toEqual(["second"]);
  });

  it("finds a server's limit in a collection", async () => {
    let running = 0;
    const { model } = adder(right, 3);
    const limited: ChatModel = {
      ...model,
      async *generate(request) {
        running += 1;
        try {
          if (running > 6) throw new ApprenticeError("rate_limited", "429");
          yield* model.generate(request);
        } finally {
          running -= 1;
        }
      },
    };
    const pace = aimd({ start: 4, max: 64 });
    const { result } = await collected({ solver: chainOfThought({ model: paced(limited, pace) }), questions: numbered(300), inFlight: 64 });
    expect(result.errors).toBeLessThan(60);
    expect(pace.limit).toBeLessThanOrEqual(7);
  });
});

describe("question files", () => {
  const file = async (name: string, content: string) => {
    const path = join(root, name);
    await writeFile(path, content);
    return path;
  };
  const wanted: Question = { id: "7", text: "What is 1 + 1?", answer: "2", metadata: { level: "Level 1" } };

  it("are JSON, JSON lines or CSV", async () => {
    const row = { id: 7, question: wanted.text, answer: 2, level: "Level 1" };
    expect(await readQuestions(await file("a.json", JSON.stringify({ metadata: {}, examples: [row] })))).toEqual({ questions: [wanted], problems: [] });
    expect((await readQuestions(await file("b.json", JSON.stringify([row])))).questions).toEqual([wanted]);
    expect((await readQuestions(await file("a.jsonl", `${JSON.stringify({ ...row, question: undefined, problem: wanted.text })}\n\n`))).questions).toEqual([wanted]);
    expect((await readQuestions(await file("a.csv", '\uFEFFid,question,answer,level\n7,"What is 1 + 1?",2,Level 1\n'))).questions).toEqual([wanted]);
  });

  it("tell rows without an answer and rows that come again", async () => {
    const { questions, problems } = await readQuestions(
      await file("c.json", JSON.stringify([{ question: "a", answer: null }, { question: "b", answer: " " }, { question: "b", answer: "1" }, { question: " " }])),
    );
    expect(questions).toEqual([{ text: "a" }, { text: "b" }]);
    expect(problems).toEqual([{ row: 1, problem: "no_answer" }, { row: 2, problem: "no_answer" }, { row: 3, problem: "duplicate" }, { row: 4, problem: "no_question" }]);
  });

  it("are asked in part: those with an answer, from one on, so many", () => {
    const questions: Question[] = [{ text: "a", answer: "1" }, { text: "b" }, { text: "c", answer: "3" }, { text: "d", answer: "4" }, { text: "e", answer: "5" }];
    const asked = (range?: QuestionRange) => answerable("q.json", questions, range).map(({ text }) => text).join("");
    expect([asked(), asked({ limit: 2 }), asked({ skip: 1 }), asked({ skip: 1, limit: 2 }), asked({ skip: 3, limit: 9 })]).toEqual(["acde", "ac", "cde", "cd", "e"]);
    expect(() => asked({ skip: 4 })).toThrow(expect.objectContaining({ code: "questions_invalid", message: expect.stringContaining("4 questions with an answer: none is left after 4") as string }));
    expect(() => answerable("q.json", [{ text: "b" }])).toThrow(expect.objectContaining({ code: "questions_invalid" }));
  });

  it.each([
    ["no JSON", "d.json", "{"],
    ["no list", "e.json", "{}"],
    ["a row that is no object", "f.jsonl", "3"],
    ["a row without a question", "g.jsonl", '{"answer": 1}'],
    ["a quote that is not closed", "h.csv", 'question,answer\n"a,1'],
    ["an empty file", "i.jsonl", ""],
  ])("say what is wrong: %s", async (_, name, content) => {
    await expect(readQuestions(await file(name, content))).rejects.toMatchObject({ code: "questions_invalid", message: expect.stringContaining(name) });
  });

  it("that are not there are named", async () => {
    await expect(readQuestions(join(root, "nowhere.json"))).rejects.toMatchObject({ code: "file_unreadable" });
    expect(await readFile(join(root, "a.jsonl"), "utf8")).toContain("problem");
  });
});
