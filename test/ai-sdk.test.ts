import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, jsonSchema, streamText, tool } from "ai";
import { MockLanguageModelV3, MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createAgent } from "../src/index.ts";
import { agentModel, agentTool, aiSdkModel, fromAiSdkTools } from "../src/integrations/ai-sdk/index.ts";
import { scriptedModel } from "../src/testing/index.ts";
import { serveModel } from "./support/model-server.ts";
import { read } from "./support/read.ts";
import { story, teller } from "./support/teller.ts";

const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Tell me a story." },
] as const;

const usage = { inputTokens: { total: 7, noCache: 2, cacheRead: 5, cacheWrite: undefined }, outputTokens: { total: 3, text: 3, reasoning: undefined } };

type Chunk = Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part> ? Part : never;

function streaming(texts: readonly string[], end: Partial<Extract<Chunk, { type: "finish" }>> = {}) {
  const chunks: Chunk[] = [
    { type: "stream-start", warnings: [] },
    { type: "text-start", id: "1" },
    ...texts.map((delta): Chunk => ({ type: "text-delta", id: "1", delta })),
    { type: "text-end", id: "1" },
    { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage, ...end },
  ];
  return { stream: simulateReadableStream({ chunks }) };
}

describe("a model of the AI SDK as a chat model", () => {
  it("is given the conversation and the settings, and its text, end and usage are passed on", async () => {
    const mock = new MockLanguageModelV4({ provider: "acme", modelId: "m1", doStream: async () => streaming(["Once", " upon"]) });
    const model = aiSdkModel(mock);
    expect(model.id).toBe("acme/m1");
    const { texts, done } = await read(model, { messages, temperature: 0.4, topP: 0.8, maxTokens: 50, stop: ["<end>"], seed: 3 });
    expect(texts).toEqual(["Once upon"]);
    expect(done).toEqual([{ type: "done", index: 0, finish: "end", usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 5 } }]);
    expect(mock.doStreamCalls[0]).toMatchObject({ temperature: 0.4, topP: 0.8, maxOutputTokens: 50, stopSequences: ["<end>"], seed: 3 });
    expect(mock.doStreamCalls[0]?.prompt).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "Tell me a story." }] },
    ]);
  });

  it("may be of an older specification", async () => {
    const mock = new MockLanguageModelV3({ doStream: async () => streaming(["Once"]) as never });
    expect((await read(aiSdkModel(mock), { messages })).texts).toEqual(["Once"]);
    const { stream } = streaming(["Twice"], { finishReason: "length" as never, usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 1 } as never });
    const v2 = { ...new MockLanguageModelV3(), specificationVersion: "v2", provider: "p", modelId: "m", doStream: async () => ({ stream }) } as never;
    expect((await read(aiSdkModel(v2), { messages })).done[0]).toMatchObject({ finish: "length", usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 1 } });
  });

  it("n completions are n calls, each with a seed of its own, and one may be cancelled", async () => {
    const mock = new MockLanguageModelV4({ doStream: async () => streaming(["Once"]) });
    const cancelled = new AbortController();
    cancelled.abort();
    const { finishes } = await read(aiSdkModel(mock), { messages, n: 3, seed: 1, temperature: 1, cancel: [new AbortController().signal, cancelled.signal] });
    expect(finishes).toEqual(["end", "cancelled", "end"]);
    expect(new Set(mock.doStreamCalls.map(({ seed }) => seed)).size).toBe(2);
  });

  it("stop strings end a completion though the provider does not know them", async () => {
    const mock = new MockLanguageModelV4({ doStream: async () => streaming(["Once <e", "nd> upon"]) });
    expect(await read(aiSdkModel(mock), { messages, stop: ["<end>"] })).toMatchObject({ texts: ["Once "], finishes: ["stop"] });
  });

  it("a prefill is sent as it is told to be, and an echo is taken off", async () => {
    const mock = new MockLanguageModelV4({ doStream: async () => streaming(["Thought: I", " see"]) });
    expect((await read(aiSdkModel(mock), { messages, prefill: "Thought:" })).texts).toEqual(["Thought: I see"]);
    expect(mock.doStreamCalls[0]?.prompt.at(-1)?.role).toBe("user");
    expect((await read(aiSdkModel(mock, { prefill: "echo" }), { messages, prefill: "Thought: " })).texts).toEqual(["I see"]);
    expect(mock.doStreamCalls[1]?.prompt.at(-1)).toEqual({ role: "assistant", content: [{ type: "text", text: "Thought: " }] });
    await expect(read(aiSdkModel(mock, { prefill: "echo" }), { messages, prefill: "Else" })).rejects.toMatchObject({ code: "prefill_ignored" });
  });

  it("is tried again when the provider's error says so, and is one typed error when not", async () => {
    const failure = (isRetryable: boolean) => new APICallError({ message: "overloaded", url: "", requestBodyValues: {}, isRetryable });
    let calls = 0;
    const busy = new MockLanguageModelV4({
      doStream: async () => {
        calls += 1;
        if (calls === 1) throw failure(true);
        return streaming(["Once"]);
      },
    });
    expect((await read(aiSdkModel(busy), { messages })).texts).toEqual(["Once"]);
    const broken = new MockLanguageModelV4({
      doStream: async () => {
        throw failure(false);
      },
    });
    await expect(read(aiSdkModel(broken), { messages })).rejects.toMatchObject({ code: "model_failed", message: expect.stringContaining("overloaded") });
    const cut = new MockLanguageModelV4({ doStream: async () => ({ stream: simulateReadableStream({ chunks: [{ type: "text-delta", id: "1", delta: "On" } satisfies Chunk] }) }) });
    await expect(read(aiSdkModel(cut), { messages })).rejects.toMatchObject({ code: "stream_cut" });
    expect(() => aiSdkModel("gpt-4" as never)).toThrow(expect.objectContaining({ code: "option_invalid" }));
  });

  it("that never answers ends when it is aborted", async () => {
    const mock = new MockLanguageModelV4({ doStream: () => new Promise(() => {}) });
    await expect(read(aiSdkModel(mock), { messages, signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/);
    expect((await read(aiSdkModel(mock), { messages, cancel: [AbortSignal.timeout(20)] })).finishes).toEqual(["cancelled"]);
  });

  it("works over HTTP, with the openai-compatible provider", async () => {
    const server = await serveModel(teller());
    const provider = createOpenAICompatible({ name: "local", baseURL: server.url, includeUsage: true });
    const { texts, done } = await read(aiSdkModel(provider("m")), { messages, maxTokens: 100 });
    expect(texts).toEqual([story]);
    expect(done[0]?.usage.outputTokens).toBe(story.split(" ").length);
    await server.close();
  });
});

const answers = (code: string) => scriptedModel([`Thought: I compute.\nCode:\n\`\`\`py\n${code}\n\`\`\`<end_code>`]);

describe("an agent in the AI SDK", () => {
  it("is a model: its turns are reasoning, its answer the text", async () => {
    const result = streamText({ model: agentModel(createAgent({ model: answers("final_answer(6 * 7)") })), prompt: "What is 6 times 7?" });
    expect(await result.text).toBe("42");
    expect(await result.reasoningText).toContain("I compute.");
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
    const { text, reasoningText } = await generateText({ model: agentModel(createAgent({ model: answers("final_answer('yes')") })), prompt: "?" });
    expect([text, reasoningText?.includes("final_answer")]).toEqual(["yes", true]);
  });

  it("reads the conversation that leads to the question", async () => {
    const model = answers("final_answer(1)");
    await generateText({
      model: agentModel(createAgent({ model })),
      instructions: "Answer in metres.",
      messages: [
        { role: "user", content: "How high is the tower?" },
        { role: "assistant", content: "Which one?" },
        { role: "user", content: "The old one." },
      ],
    });
    expect(model.requests[0]?.messages.at(-1)?.content).toContain("Answer in metres.\n\nUser: How high is the tower?\n\nAssistant: Which one?\n\nThe old one.");
  });

  it("says which settings it cannot take, also those that are 0", async () => {
    const { warnings } = await generateText({ model: agentModel(createAgent({ model: answers("final_answer(1)") })), prompt: "?", temperature: 0, topP: 0.5 });
    expect(warnings?.map((warning) => ("feature" in warning ? warning.feature : warning.type))).toEqual(["temperature", "topP"]);
  });

  it("is a tool that another model calls", async () => {
    const call: Chunk = { type: "tool-call", toolCallId: "1", toolName: "solve", input: '{"question":"6*7"}' };
    const finish = (unified: "stop" | "tool-calls") => ({ finishReason: { unified, raw: undefined }, usage, warnings: [] });
    const caller = new MockLanguageModelV4({
      doGenerate: [
        { content: [call], ...finish("tool-calls") },
        { content: [{ type: "text", text: "It is 42." }], ...finish("stop") },
      ],
    });
    const agent = createAgent({ model: answers("final_answer(6 * 7)") });
    const { steps } = await generateText({ model: caller, tools: { solve: agentTool(agent) }, stopWhen: ({ steps }) => steps.length === 2, prompt: "Go" });
    expect(steps[0]?.toolResults[0]?.output).toBe("42");
  });

  it("fails with its own code where there is no answer", async () => {
    const agent = createAgent({ model: scriptedModel([]) });
    await expect(generateText({ model: agentModel(agent), prompt: "?", maxRetries: 0 })).rejects.toMatchObject({ code: "script_ended" });
  });
});

describe("tools of the AI SDK in the agent's Python", () => {
  it("are functions, whose arguments are checked", async () => {
    const tools = await fromAiSdkTools({
      addNumbers: tool({ description: "Adds.", inputSchema: z.object({ a: z.number(), b: z.number().describe("The second.") }), execute: ({ a, b }) => a + b }),
      "half-of": tool({
        description: "Halves.",
        inputSchema: jsonSchema<{ x: number }>({ type: "object", properties: { x: { type: "number" } }, required: ["x"] }),
        async *execute({ x }) {
          yield "working";
          yield x / 2;
        },
      }),
    }, { read: ["addNumbers"] });
    expect(tools.map(({ name, effect }) => [name, effect])).toEqual([["addNumbers", "read"], ["half_of", "write"]]);
    const model = answers("final_answer(addNumbers(40, 4) + half_of(x=10))");
    const { outcome, messages: opening } = await createAgent({ model, tools }).run("?").result;
    expect(outcome).toMatchObject({ type: "answered", json: 49 });
    expect(opening[0]?.content).toContain("addNumbers(a: float, b: float) -> object: Adds.");
    const [add] = tools;
    await expect(add?.run({ a: "1", b: 2 }, { signal: new AbortController().signal })).rejects.toMatchObject({ code: "tool_arguments" });
  });

  it("need to be tools that code can run", async () => {
    const inputSchema = z.object({});
    await expect(fromAiSdkTools({ ask: tool({ inputSchema }) })).rejects.toMatchObject({ code: "tool_schema" });
    await expect(fromAiSdkTools({ pay: tool({ inputSchema, needsApproval: true, execute: () => 1 }) })).rejects.toMatchObject({ code: "tool_schema" });
  });
});
