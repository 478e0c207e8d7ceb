import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { llama } from "../src/model/llama/index.ts";
import { serveModel } from "../src/serve/index.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");

/** As `npm run example FILE` does, on the build that the tests share. */
const example = async (file: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  (await run(process.execPath, [`examples/${file}`, ...args], { cwd: root, timeout: 540_000, env: { ...process.env, ...env } })).stdout;

describe("examples", { timeout: 600_000 }, () => {
  it("quickstart: the default model answers by running Python", async () => {
    const output = await example("quickstart.ts");
    expect(output).toContain("type: 'answered'");
    expect(output).toContain("answer: '156978'");
  });

  it("custom-tool: the model's Python calls a function of the app", async () => {
    const output = await example("custom-tool.ts");
    expect(output).toContain("name: 'price_of'");
    expect(output).toContain("answer: '114.4'");
  });

  it("server: an agent on a server", async () => {
    const model = await llama({ model: "qwen2.5-coder-0.5b", contextSize: 4096, threads: 1 });
    const server = await serveModel({ model, port: 0 });
    const output = await example("server.ts", [model.id], { OPENAI_BASE_URL: server.baseURL });
    expect(output).toContain("prefill: 'native'");
    expect(output).toContain("type: 'answered'");
    await server.close();
    await model.dispose();
  });

  it("ai-sdk: the agent as a model, with a tool", async () => {
    expect(await example("ai-sdk.ts")).toMatch(/price_of\(.*answer: \d/s);
  });

  it("langchain: the agent in a chain, with a tool", async () => {
    expect(await example("langchain.ts")).toMatch(/answer: \d/);
  });

  it("collect: trajectories with first thoughts, on record", async () => {
    const output = await example("collect.ts");
    expect(output).toContain("2 finished");
    expect(output).toMatch(/firstThought: 'Thought: /);
  });

  it("search: WordNet by words, and as the agent's tool", async () => {
    const output = await example("search.ts");
    expect(output).toMatch(/of 117\d{3} passages:/);
    expect(output).toContain("Eiffel, Alexandre Gustave Eiffel");
    expect(output).toContain("===== Document 0");
    expect(output).toContain("Everest");
  });

  it("lancedb: a store of the app's own", async () => {
    expect(await example("lancedb.ts")).toMatch(/Document 0, similarity: 0\.\d\d =====\nThe Danube/);
  });
});
