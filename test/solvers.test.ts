import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createAgent, type ChatModel, type Message, sag } from "../src/index.ts";
import { pyodideSandbox } from "../src/sandbox/index.ts";
import { chainOfThought, firstThoughts, firstThoughtsFrom, openFirstThoughts, readAnswer } from "../src/solvers/index.ts";
import { scriptedModel } from "../src/testing/index.ts";
import { parseTrajectory } from "../src/trajectory/index.ts";

const sandbox = pyodideSandbox();
const folder = await mkdtemp(join(tmpdir(), "apprentice-solvers-"));
afterAll(async () => {
  await sandbox.dispose();
  await rm(folder, { recursive: true, force: true });
});

const act = (thought: string, code: string) => `Thought: ${thought}\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>`;
const boxed = (answer: string) => `It is so.\n\n<answer> \\boxed{${answer}} </answer>`;

describe("reading the answer of a chain of thought", () => {
  it.each([
    ["\\boxed in tags", "So.\n<answer> \\boxed{\\frac{1}{2}} </answer>", "\\frac{1}{2}"],
    ["the last box", "\\boxed{1} … \\boxed{2}", "2"],
    ["nested and escaped braces", "\\boxed{\\{x : \\sqrt{x^{2}} > 1\\}}", "\\{x : \\sqrt{x^{2}} > 1\\}"],
    ["tags alone", "<answer> Ed Wood </answer>", "Ed Wood"],
    ["tags that are not closed", "<answer> Ed Wood", "Ed Wood"],
    ["a box outside empty tags", "\\boxed{7} <answer></answer>", "7"],
    ["a sentence", "Therefore, the answer is **12**.", "12"],
    ["nothing", "I do not know.", undefined],
    ["a box that is not closed", "\\boxed{1", undefined],
    ["nothing at all", "", undefined],
  ])("%s", (_, text, answer) => expect(readAnswer(text)).toBe(answer));

  it("does not slow down on hostile text", () => {
    expect(readAnswer(`\\boxed{${"{".repeat(1e6)}`)).toBeUndefined();
    expect(readAnswer("answer is ".repeat(1e5))).toBeDefined();
    expect(readAnswer("<answer>".repeat(1e5))).toBeUndefined();
  });
});

describe("chain of thought", () => {
  it("answers in words, in the same record as the agent", async () => {
    const model = scriptedModel([boxed("42")]);
    const trajectory = await chainOfThought({ model }).solve({ text: "What is 6 times 7?" }).result;
    expect(trajectory).toMatchObject({
      solver: { id: "cot", sampler: "greedy", prompt: "cot" },
      outcome: { type: "answered", answer: "42", by: "response" },
      steps: [{ kind: "response", responses: [{ text: boxed("42"), answer: "42" }], vote: { winner: 0, reason: "only" } }],
    });
    expect(parseTrajectory(JSON.stringify(trajectory))).toEqual(trajectory);
    expect(model.requests[0]?.messages).toEqual(trajectory.messages);
  });

  it("with samples: the answer of the most wins, spelled as it may be; the first among equals", async () => {
    const say = async (...answers: (string | undefined)[]) => {
      const model = scriptedModel([answers.map((answer) => (answer === undefined ? "Hm." : boxed(answer)))]);
      return (await chainOfThought({ model, samples: answers.length }).solve({ text: "q" }).result).outcome;
    };
    expect(await say("1", "\\dfrac{1}{2}", "$\\frac{1}{2}$")).toMatchObject({ answer: "\\dfrac{1}{2}" });
    expect(await say("1,000", "7", "1000.0")).toMatchObject({ answer: "1,000" });
    expect(await say("3", "4", undefined)).toMatchObject({ answer: "3" });
    expect(await say(undefined, undefined)).toEqual({ type: "no_answer" });
  });

  it("with a retriever: passages stand before the question, as the paper's search prints them, and on record", async () => {
    const model = scriptedModel([boxed("Paris")]);
    const retriever = { search: async () => [[{ passage: { id: "p1", title: "France", text: "Its capital is Paris." }, score: 0.876 }]] };
    const trajectory = await chainOfThought({ model, retriever }).solve({ text: "What is the capital of France?" }).result;
    expect(trajectory.messages.at(-1)?.content).toBe(
      "\nRetrieved documents:\n\n===== Document 0, similarity: 0.88 =====\n\"France\"\nIts capital is Paris.\nWhat is the capital of France?",
    );
    expect(model.requests[0]?.messages).toEqual(trajectory.messages);
    expect(trajectory.solver.id).toBe("rag");
    expect(trajectory.steps[0]).toMatchObject({ retrieved: [{ id: "p1", score: 0.876 }] });
  });

  it("ends in an error outcome when the retriever or the model fails, and as aborted when it is stopped", async () => {
    const retriever = { search: () => Promise.reject(new Error("no index")) };
    const failed = await chainOfThought({ model: scriptedModel([]), retriever }).solve({ text: "q" }).result;
    expect(failed.outcome).toMatchObject({ type: "error", message: "no index" });
    const stopped = await chainOfThought({ model: scriptedModel(["a"]) }).solve({ text: "q" }, { signal: AbortSignal.abort(new Error("enough")) }).result;
    expect(stopped.outcome).toEqual({ type: "aborted", message: "enough" });
  });
});

const reasoning = "To find the product, I multiply 6 by 7.\n\nThat is 42.\n\n<answer> \\boxed{42} </answer>";
const prefix = "Thought: To find the product, I multiply 6 by 7.\n\n";

describe("the first-thought prefix", () => {
  it("opens the first turn alone, and the record tells what was sent and what the model wrote", async () => {
    const teacher = scriptedModel([reasoning]);
    const model = scriptedModel(["Code:\n```py\nx = 6 * 7\nprint(x)\n```<end_code>", act("done", "final_answer(x)")]);
    const trajectory = await createAgent({ model, sandbox, firstThought: firstThoughts({ model: teacher }) }).run("What is 6 times 7?").result;
    expect(model.requests.map((request) => request.prefill)).toEqual([prefix, undefined]);
    expect(trajectory.firstThought).toMatchObject({ text: prefix, model: "scripted", guided: false, sent: "native", usage: { outputTokens: 9 } });
    const [first, second] = trajectory.steps;
    expect(first).toMatchObject({
      candidates: [{ text: `${prefix}Code:\n\`\`\`py\nx = 6 * 7\nprint(x)\n\`\`\``, given: [{ text: prefix, at: 0, source: "first_thought" }], action: { ok: true, code: "x = 6 * 7\nprint(x)" } }],
    });
    expect(second?.kind === "action" && second.candidates[0]?.given).toBeUndefined();
    expect(model.requests[1]?.messages.at(-2)?.content.startsWith(prefix)).toBe(true);
    expect(trajectory.usage.outputTokens).toBe(9 + trajectory.steps.reduce((sum, step) => sum + step.usage.outputTokens, 0));
    expect(parseTrajectory(JSON.stringify(trajectory))).toEqual(trajectory);
  });

  it("is written once per question, also when asked for many times at once", async () => {
    const teacher = scriptedModel([reasoning, "Another."]);
    const thoughts = firstThoughts({ model: teacher });
    const all = await Promise.all([1, 2, 3].map(() => thoughts.of({ text: "q" })));
    expect(all.map((thought) => thought.text)).toEqual([prefix, prefix, prefix]);
    expect(all.filter((thought) => thought.usage)).toHaveLength(1);
    expect((await thoughts.of({ text: "other" })).text).toBe("Thought: Another.\n\n");
    expect(teacher.requests).toHaveLength(2);
  });

  it("is written for who still wants it when the run that began it is stopped", async () => {
    const teacher = scriptedModel([reasoning, reasoning]);
    const slow: ChatModel = {
      ...teacher,
      async *generate(request) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        request.signal?.throwIfAborted();
        yield* teacher.generate(request);
      },
    };
    const thoughts = firstThoughts({ model: slow });
    const [stop, other] = [new AbortController(), new AbortController()];
    const [began, waits, leaves] = [stop.signal, undefined, other.signal].map((signal) => thoughts.of({ text: "q" }, signal ? { signal } : {}));
    other.abort(new Error("left"));
    await expect(leaves).rejects.toThrow("left");
    stop.abort(new Error("stopped"));
    await expect(began).rejects.toThrow("stopped");
    expect(await waits).toMatchObject({ text: prefix, usage: { outputTokens: 9 } });
  });

  it("is kept in a file, and read from one of the paper's code", async () => {
    const path = join(folder, "thoughts.jsonl");
    const store = await openFirstThoughts(path);
    const made = await firstThoughts({ model: scriptedModel([reasoning]), store }).of({ text: "q" });
    await store.close();
    const again = await openFirstThoughts(path);
    expect(await firstThoughts({ model: scriptedModel([]), store: again }).of({ text: "q" })).toMatchObject({ text: made.text });
    await again.close();
    expect(await (await firstThoughtsFrom(path)).of({ text: "q" })).toMatchObject({ text: made.text, model: "scripted" });

    const map = join(folder, "prefix.json");
    await writeFile(map, JSON.stringify({ q: "Thought: So.\n\n" }));
    const from = await firstThoughtsFrom(map);
    expect(await from.of({ text: "q" })).toEqual({ text: "Thought: So.\n\n", model: "prefix.json", guided: false });
    await expect(from.of({ text: "r" })).rejects.toMatchObject({ code: "first_thought_missing" });
    await writeFile(map, '{"q": 1}');
    await expect(firstThoughtsFrom(map)).rejects.toMatchObject({ code: "first_thoughts_invalid" });
    expect(await readFile(path, "utf8")).not.toContain('"usage"');
  });

  it("shows the teacher a reference solution when guided, and only then", async () => {
    const question = { text: "q", solution: "Add them." };
    const teacher = scriptedModel([reasoning, reasoning]);
    expect(await firstThoughts({ model: teacher, guided: true }).of(question)).toMatchObject({ guided: true });
    expect(await firstThoughts({ model: teacher }).of(question)).toMatchObject({ guided: false });
    expect(teacher.requests.map((request) => request.messages.at(-1)?.content.includes("Add them."))).toEqual([true, false]);
  });

  it("starts over when the answer began with a blank line, and says so when nothing comes", async () => {
    const blank = scriptedModel(["\n\nFirst.\n\nSecond.", "\n\nFirst.\n\nSecond.", "", ""]);
    const thoughts = firstThoughts({ model: blank });
    expect((await thoughts.of({ text: "q" })).text).toBe("Thought: First.\n\n");
    await expect(thoughts.of({ text: "r" })).rejects.toMatchObject({ code: "first_thought_empty" });
  });

  it("leaves a model that takes no prefill alone, and says so in the record", async () => {
    const scripted = scriptedModel([act("a", "final_answer(42)")]);
    const model: ChatModel = { ...scripted, can: { ...scripted.can, prefill: "none" } };
    const trajectory = await createAgent({ model, sandbox, firstThought: firstThoughts({ model: scriptedModel([reasoning]) }) }).run("q").result;
    expect(trajectory.firstThought).toMatchObject({ text: prefix, sent: "none" });
    expect(scripted.requests[0]?.prefill).toBeUndefined();
    expect(trajectory.steps[0]?.kind === "action" && trajectory.steps[0].candidates[0]?.given).toBeUndefined();
  });

  it("tells runs with it from runs without", async () => {
    const ids = await Promise.all(
      [undefined, firstThoughts({ model: scriptedModel([reasoning]) })].map(async (firstThought) => {
        const agent = createAgent({ model: scriptedModel([act("a", "final_answer(1)")]), sandbox, ...(firstThought && { firstThought }) });
        return (await agent.run("q").result).id;
      }),
    );
    expect(new Set(ids).size).toBe(2);
  });
});

describe("a server that keeps what it has read", () => {
  it("reads only what is new: each step's conversation begins with all of the last one's, first thought and all", async () => {
    const conversations: Message[][] = [];
    const turns = [act("a", "x = 1"), "no code", act("c", "final_answer(x)")];
    const model = scriptedModel(turns.map((turn) => (request) => (conversations.push([...request.messages]), turn)));
    await createAgent({ model, sandbox, firstThought: firstThoughts({ model: scriptedModel([reasoning]) }) }).run("q").result;
    expect(conversations).toHaveLength(3);
    for (const [index, messages] of conversations.slice(1).entries()) expect(messages.slice(0, -2)).toEqual(conversations[index]);
  });
});

describe("a forced code start", () => {
  it("goes on with a turn that ended without code, and the record tells what was put there", async () => {
    const model = scriptedModel(["Thought: 6 times 7 is 42.", "final_answer(6 * 7)\n```<end_code>"]);
    const trajectory = await createAgent({ model, sandbox, forceCode: true }).run("q").result;
    expect(trajectory.outcome).toMatchObject({ answer: "42", by: "final_answer" });
    const opening = "\nCode:\n```py\n";
    expect(model.requests[1]?.prefill).toBe(`Thought: 6 times 7 is 42.${opening}`);
    expect(trajectory.steps).toMatchObject([
      { candidates: [{ text: `Thought: 6 times 7 is 42.${opening}final_answer(6 * 7)\n\`\`\``, given: [{ text: opening, at: 25, source: "forced_code" }], usage: { outputTokens: 6 + 4 } }] },
    ]);
    expect(parseTrajectory(JSON.stringify(trajectory))).toEqual(trajectory);
  });

  it("is another draw for each candidate, within what is left of the turn", async () => {
    const code = "final_answer(6 * 7)\n```<end_code>";
    const model = scriptedModel([["It is 6 times 7.", "It is 6 times 7."], code, code]);
    await createAgent({ model, sandbox, forceCode: true, maxTokens: 50, sampler: sag({ n: 2 }) }).run("q").result;
    const [first, ...forced] = model.requests;
    expect(new Set(forced.map(({ seed }) => seed)).size).toBe(2);
    expect(forced.map(({ maxTokens }) => maxTokens)).toEqual([45, 45]);
    expect(first?.maxTokens).toBe(50);
  });

  it("is not done unasked", async () => {
    const model = scriptedModel(["It is 42.", act("a", "final_answer(42)")]);
    const trajectory = await createAgent({ model, sandbox }).run("q").result;
    expect(trajectory.steps).toHaveLength(2);
  });
});
