import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { llama, type LlamaModel } from "../src/model/llama/index.ts";
import type { ChatModel, Message } from "../src/model/types.ts";
import { serveModel, type ModelServer, type ServeOptions } from "../src/serve/index.ts";

const MODEL = "smollm2-135m";
const user = (content: string) => [{ role: "user" as const, content }];
const story = user("Tell me a story about a fox and a crow.");
const request = { model: MODEL, messages: story, temperature: 0, max_tokens: 16 };

let model: LlamaModel;
let server: ModelServer;
let client: OpenAI;

beforeAll(async () => {
  model = await llama({ model: MODEL, sequences: 4, contextSize: 512, threads: 1 });
  server = await serve();
  client = clientOf(server);
});
afterAll(async () => {
  await server.close(0);
  await model.dispose();
});

function serve(options: Partial<ServeOptions> = {}): Promise<ModelServer> {
  return serveModel({ model, port: 0, tokenText: (token) => model.detokenize([token]), ...options });
}

function clientOf({ baseURL }: ModelServer, apiKey = "none"): OpenAI {
  return new OpenAI({ baseURL, apiKey, maxRetries: 0 });
}

async function textOf(messages: readonly Message[], prefill?: string): Promise<string> {
  let text = "";
  for await (const event of model.generate({ messages, maxTokens: 16, ...(prefill !== undefined && { prefill }) })) if (event.type === "delta") text += event.text;
  return text;
}

async function refusal(work: Promise<unknown>): Promise<APIError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof APIError)) throw new Error("It was not refused.", { cause: error });
  return error;
}

function metric(text: string, name: string): number {
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

const metricsOf = async ({ baseURL }: ModelServer) => (await fetch(new URL("/metrics", baseURL))).text();

describe("the official client gets", () => {
  test("a completion: the model's own, with what it took", async () => {
    const { choices, usage, model: id } = await client.chat.completions.create(request);
    expect(id).toBe(MODEL);
    expect(choices).toMatchObject([{ index: 0, finish_reason: "length", message: { role: "assistant", content: await textOf(story) } }]);
    expect(usage).toMatchObject({ prompt_tokens: model.promptTokens(story).length, completion_tokens: 16 });
  });

  test("the same as a stream, which ends with the usage when asked", async () => {
    const stream = await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(10);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "" });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(await textOf(story));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 16 } });
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length");
  });

  test("n completions, the same for the same seed", async () => {
    const sampled = { ...request, temperature: 1, n: 3, seed: 7 };
    const texts = async () => (await client.chat.completions.create(sampled)).choices.map(({ message }) => message.content);
    const first = await texts();
    expect(new Set(first).size).toBe(3);
    expect(await texts()).toEqual(first);
    const streamed = await client.chat.completions.stream(sampled).finalChatCompletion();
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(first);
  });

  test("nothing of a stop string or after it", async () => {
    const full = await textOf(story);
    const stop = full.slice(20, 26);
    const { choices } = await client.chat.completions.create({ ...request, stop: ["never written", stop] });
    expect(choices[0]).toMatchObject({ finish_reason: "stop", stop_reason: stop, message: { content: full.slice(0, full.indexOf(stop)) } });
  });

  test("the log-probability of each token, also in a stream", async () => {
    const { choices } = await client.chat.completions.create({ ...request, logprobs: true });
    const content = choices[0]?.logprobs?.content ?? [];
    expect(content.map(({ token }) => token).join("")).toBe(choices[0]?.message.content);
    for (const { logprob, token, bytes } of content) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(bytes).toEqual([...Buffer.from(token)]);
    }
    const streamed = await client.chat.completions.stream({ ...request, logprobs: true }).finalChatCompletion();
    expect(streamed.choices[0]?.logprobs?.content).toEqual(content);
  });

  test("its last message gone on with, as vLLM does when told to", async () => {
    const prefill = "Once upon a time, in a";
    const messages = [...story, { role: "assistant" as const, content: prefill }];
    const expected = await textOf(story, prefill);
    const flags = [{}, { add_generation_prompt: false }, { add_generation_prompt: false, continue_final_message: true }];
    for (const flag of flags) {
      const { choices } = await client.chat.completions.create({ ...request, messages, ...flag });
      expect(choices[0]?.message.content).toBe(expected);
    }
    const both = { ...request, messages, add_generation_prompt: true, continue_final_message: true };
    expect(await refusal(client.chat.completions.create(both))).toMatchObject({ status: 400, param: "continue_final_message" });
    const newTurn = { ...request, messages, add_generation_prompt: true };
    expect(await refusal(client.chat.completions.create(newTurn))).toMatchObject({ status: 400, param: "messages" });
  });

  test("the list of models", async () => {
    expect((await client.models.list()).data).toMatchObject([{ id: MODEL, object: "model", owned_by: "apprentice" }]);
    expect(await client.models.retrieve(MODEL)).toMatchObject({ id: MODEL });
    expect(await refusal(client.models.retrieve("other"))).toMatchObject({ status: 404, code: "model_not_found" });
  });
});

describe("what cannot be done is refused in words", () => {
  test.each([
    ["another model", { model: "gpt-9" }, 404, "model_not_found", /gpt-9.*only smollm2-135m/],
    ["tools", { tools: [{ type: "function", function: { name: "f" } }] }, 400, "invalid_value", /tools/],
    ["JSON mode", { response_format: { type: "json_object" } }, 400, "invalid_value", /response_format/],
    ["penalties", { frequency_penalty: 0.5 }, 400, "invalid_value", /frequency_penalty/],
    ["top_logprobs", { logprobs: true, top_logprobs: 3 }, 400, "invalid_value", /top_logprobs/],
    ["no messages", { messages: [] }, 400, "invalid_value", /messages/],
    ["an image", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] }, 400, "invalid_value", /messages\.0/],
    ["n of none", { n: 0 }, 400, "invalid_value", /n:/],
    ["a temperature that is text", { temperature: "hot" }, 400, "invalid_value", /temperature/],
    ["more than the context", { messages: user("word ".repeat(900)) }, 400, "context_length_exceeded", /room for 511/],
  ])("%s", async (_, change, status, code, message) => {
    const body = { ...request, ...change } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming;
    const error = await refusal(client.chat.completions.create(body));
    expect(error).toMatchObject({ status, code, type: "invalid_request_error", message: expect.stringMatching(message) });
    expect(await refusal(client.chat.completions.create({ ...body, stream: true }))).toMatchObject({ status, code });
  });

  test("broken JSON, another content type, too long a body, no such route", async () => {
    const url = `${server.baseURL}/chat/completions`;
    const post = async (body: string, type = "application/json") => {
      const response = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
      return { status: response.status, body: (await response.json()) as unknown };
    };
    expect(await post("{")).toMatchObject({ status: 400, body: { error: { code: "invalid_json" } } });
    expect(await post("7")).toMatchObject({ status: 400, body: { error: { code: "invalid_value" } } });
    expect(await post(JSON.stringify(request), "text/plain")).toMatchObject({ status: 415 });
    expect(await post(" ".repeat(5 * 1024 * 1024))).toMatchObject({ status: 413, body: { error: { message: expect.stringContaining("4194304") } } });
    const elsewhere = await fetch(new URL("/v1/embeddings", server.baseURL));
    expect(elsewhere.status).toBe(404);
    expect(await elsewhere.json()).toMatchObject({ error: { message: expect.stringContaining("/v1/embeddings") } });
  });

  test("a request without the key", async () => {
    const guarded = await serve({ apiKey: "a secret" });
    expect(await refusal(clientOf(guarded, "wrong").models.list())).toMatchObject({ status: 401, code: "invalid_api_key" });
    expect((await clientOf(guarded, "a secret").models.list()).data).toHaveLength(1);
    expect((await fetch(new URL("/health", guarded.baseURL))).status).toBe(200);
    await guarded.close(0);
  });

  test("one that takes too long, also in the middle of a stream", async () => {
    const hasty = await serve({ requestMs: 400 });
    const endless = { ...request, max_tokens: 400 };
    expect(await refusal(clientOf(hasty).chat.completions.create(endless))).toMatchObject({ status: 504, code: "request_timeout" });
    const stream = await clientOf(hasty).chat.completions.create({ ...endless, stream: true });
    const reading = (async () => {
      for await (const chunk of stream) void chunk;
    })();
    expect(await refusal(reading)).toMatchObject({ code: "request_timeout" });
    await hasty.close(0);
  });

  test("a port in use", async () => {
    const port = Number(new URL(server.baseURL).port);
    await expect(serve({ port })).rejects.toMatchObject({ code: "port_taken", message: expect.stringContaining(String(port)) });
  });
});

describe("under load", () => {
  test("64 clients are all answered, or told to come again", async () => {
    const small = await serve({ maxRequests: 24 });
    const statuses = await Promise.all(
      Array.from({ length: 64 }, async (_, at) => {
        const response = await fetch(`${small.baseURL}/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...request, messages: user(`Say ${at}.`), max_tokens: 4, n: 1 + (at % 3), stream: at % 2 === 0 }),
        });
        const body = await response.text();
        if (response.status === 429) {
          expect(response.headers.get("retry-after")).toBe("2");
          expect(JSON.parse(body)).toMatchObject({ error: { type: "rate_limit_error", message: expect.stringContaining("24 requests") } });
        } else {
          expect(body).toContain(at % 2 === 0 ? "[DONE]" : '"finish_reason"');
        }
        return response.status;
      }),
    );
    const answered = statuses.filter((status) => status === 200).length;
    expect(answered).toBeGreaterThanOrEqual(24);
    expect(statuses.filter((status) => status === 429)).toHaveLength(64 - answered);
    const metrics = await metricsOf(small);
    expect(metrics).toContain(`apprentice_requests_total{status="200"} ${answered}`);
    expect(metric(metrics, "apprentice_requests_open")).toBe(0);
    await small.close();
  });

  test("a client that stops reading holds its place no longer than its time", async () => {
    const flood: ChatModel = {
      ...model,
      id: "flood",
      async *generate({ signal }) {
        for (;;) {
          signal?.throwIfAborted();
          yield { type: "delta", index: 0, text: "x".repeat(65_536) };
        }
      },
    };
    const narrow = await serve({ model: flood, requestMs: 500, maxRequests: 1 });
    const asking = httpRequest(`${narrow.baseURL}/chat/completions`, { method: "POST", headers: { "content-type": "application/json" } });
    asking.on("error", () => undefined);
    asking.end(JSON.stringify({ ...request, model: "flood", stream: true }));
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    answer.on("error", () => undefined);
    answer.pause();
    await expect.poll(async () => metric(await metricsOf(narrow), "apprentice_requests_open"), { timeout: 10_000 }).toBe(0);
    await Promise.all([narrow.close(0), narrow.close(0)]);
  });

  test("each request's time is observed once, refused or not", async () => {
    const counted = await serve();
    await clientOf(counted).chat.completions.create({ ...request, max_tokens: 1 });
    for await (const chunk of await clientOf(counted).chat.completions.create({ ...request, max_tokens: 1, stream: true })) void chunk;
    await refusal(clientOf(counted).chat.completions.create({ ...request, temperature: -1 }));
    await refusal(clientOf(counted).chat.completions.create({ ...request, model: "another" }));
    const metrics = await metricsOf(counted);
    expect(metric(metrics, "apprentice_request_seconds_count")).toBe(4);
    await counted.close(0);
  });

  test("a client that leaves stops the writing", async () => {
    const leaver = await serve();
    for (const stream of [true, false]) {
      const before = metric(await metricsOf(leaver), "apprentice_requests_open");
      expect(before).toBe(0);
      const controller = new AbortController();
      const leaving = clientOf(leaver).chat.completions.create({ ...request, max_tokens: 400, stream }, { signal: controller.signal });
      await expect.poll(async () => metric(await metricsOf(leaver), "apprentice_requests_open")).toBe(1);
      if (stream) await leaving;
      controller.abort();
      await leaving.catch(() => {});
      await expect.poll(async () => metric(await metricsOf(leaver), "apprentice_requests_open"), { timeout: 3000 }).toBe(0);
    }
    // Neither wrote to the end, so neither counted its tokens.
    expect(metric(await metricsOf(leaver), "apprentice_output_tokens_total")).toBe(0);
    await leaver.close();
  });
});

describe("a server that is stopped", () => {
  test("lets what is under way finish, and takes no more", async () => {
    const brief = await serve();
    const underWay = clientOf(brief).chat.completions.create({ ...request, max_tokens: 60 });
    await expect.poll(async () => metric(await metricsOf(brief), "apprentice_requests_open")).toBe(1);
    const closing = brief.close();
    await expect(clientOf(brief).models.list()).rejects.toThrow();
    expect((await underWay).choices[0]?.message.content).not.toBe("");
    await closing;
  });

  test("ends what takes longer than the time given, in words", async () => {
    const brief = await serve();
    const stream = await clientOf(brief).chat.completions.create({ ...request, max_tokens: 400, stream: true });
    const reading = (async () => {
      for await (const chunk of stream) void chunk;
    })();
    const outcome = refusal(reading);
    await brief.close(50);
    expect(await outcome).toMatchObject({ code: "server_stopping" });
  });

  test("the command line serves until it is interrupted", async () => {
    const cli = resolve(import.meta.dirname, "../dist/cli.js");
    const args = ["models", "serve", MODEL, "--port", "0", "--context-size", "256", "--sequences", "2", "--threads", "1", "--json"];
    const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, APPRENTICE_API_KEY: "key" } });
    const lines: string[] = [];
    const reader = createInterface(child.stdout).on("line", (line) => lines.push(line));
    await once(reader, "line");
    const { baseURL } = JSON.parse(lines[0] ?? "") as { baseURL: string };
    const { choices } = await new OpenAI({ baseURL, apiKey: "key" }).chat.completions.create({ ...request, max_tokens: 4 });
    expect(choices[0]?.message.content).not.toBe("");
    child.kill("SIGINT");
    const [status] = (await once(child, "close")) as [number];
    expect({ status, lines: lines.length }).toEqual({ status: 0, lines: 1 });
  });
});
